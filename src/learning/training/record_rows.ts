/**
 * Which row of a buffer holds which actor's record, for the most recent ones. Records of a session mostly lie in
 * consecutive rows, so runs of them are kept instead of single pairs.
 */
import { z } from "zod";
import type { RecordId } from "../../transport/messages.ts";

const count = z.int().min(0);

/** Runs as plain JSON: session, first sequence, first row, length. */
export const RecordRowsStateSchema = z.array(z.tuple([z.string(), z.int().min(1), count, z.int().min(1)]));
export type RecordRowsState = z.output<typeof RecordRowsStateSchema>;

interface Run {
  readonly session: string;
  readonly sequence: number;
  readonly row: number;
  count: number;
}

export class RecordRows {
  /** Oldest first. */
  #runs: Run[] = [];
  #records = 0;
  readonly #limit: number;

  /** @param limit About how many records are remembered; the oldest are forgotten. */
  constructor(limit: number, state: RecordRowsState = []) {
    this.#limit = limit;
    this.#runs = state.map(([session, sequence, row, length]) => ({ session, sequence, row, count: length }));
    this.#records = this.#runs.reduce((sum, run) => sum + run.count, 0);
  }

  set({ session, sequence }: RecordId, row: number): void {
    const last = this.#runs.at(-1);
    const continues =
      last?.session === session && last.sequence + last.count === sequence && last.row + last.count === row;
    if (continues && last.count < this.#limit) last.count += 1;
    else this.#runs.push({ session, sequence, row, count: 1 });
    this.#records += 1;
    while (this.#runs.length > 1 && this.#records - this.#runs[0]!.count >= this.#limit) {
      this.#records -= this.#runs.shift()!.count;
    }
  }

  /** undefined for a record that is not remembered. */
  get({ session, sequence }: RecordId): number | undefined {
    const run = this.#runs.findLast(
      (each) => each.session === session && each.sequence <= sequence && sequence < each.sequence + each.count,
    );
    return run && run.row + sequence - run.sequence;
  }

  state(): RecordRowsState {
    return this.#runs.map(({ session, sequence, row, count: length }) => [session, sequence, row, length]);
  }
}
