/**
 * Corrections of transitions that are already stored: a person takes back a label after the episode. A correction names a
 * record; it may also arrive before its record does, because the two travel in streams of their own.
 */
import { z } from "zod";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TransitionAmendment } from "../../replay/transition.ts";
import type { RecordId } from "../../transport/messages.ts";
import { RecordRows, RecordRowsStateSchema } from "./record_rows.ts";

/** Records that can still be corrected: a quarter of an hour of one actor at 10 Hz. */
const REMEMBERED_RECORDS = 10_000;
/** Corrections that may wait for their records. */
const MAX_WAITING = 1000;

const CorrectionSchema = z.strictObject({
  session: z.string(),
  sequence: z.int().min(1),
  reward: z.number().optional(),
  terminated: z.boolean().optional(),
  truncated: z.boolean().optional(),
});
export type Correction = RecordId & TransitionAmendment;

export const TransitionLabelsStateSchema = z.strictObject({
  online: RecordRowsStateSchema,
  offline: RecordRowsStateSchema,
  /** Highest sequence stored, by session. */
  newest: z.record(z.string(), z.int().min(1)),
  waiting: z.array(CorrectionSchema),
});
export type TransitionLabelsState = z.output<typeof TransitionLabelsStateSchema>;

/** `corrected` now; `waiting` for the record to arrive; `gone`: too old to be found, or never stored. */
export type CorrectionOutcome = "corrected" | "waiting" | "gone";

type Buffers = Readonly<Record<"online" | "offline", ReplayBuffer>>;

export class TransitionLabels {
  readonly #buffers: Buffers;
  readonly #rows: Readonly<Record<keyof Buffers, RecordRows>>;
  readonly #newest: Map<string, number>;
  readonly #waiting: Map<string, Correction>;

  constructor(buffers: Buffers, state?: TransitionLabelsState) {
    this.#buffers = buffers;
    this.#rows = {
      online: new RecordRows(REMEMBERED_RECORDS, state?.online),
      offline: new RecordRows(REMEMBERED_RECORDS, state?.offline),
    };
    this.#newest = new Map(Object.entries(state?.newest ?? {}));
    this.#waiting = new Map((state?.waiting ?? []).map((each) => [key(each), each as Correction]));
  }

  /** Notes where a record is stored; a buffer that does not hold it is left out. */
  stored(id: RecordId, rows: Partial<Record<keyof Buffers, number>>): void {
    this.#newest.set(id.session, id.sequence);
    for (const name of ["online", "offline"] as const) {
      const row = rows[name];
      if (row !== undefined) this.#rows[name].set(id, row);
    }
    if (this.#waiting.size === 0) return;
    const correction = this.#waiting.get(key(id));
    if (correction === undefined) return;
    this.#waiting.delete(key(id));
    this.#amend(correction);
  }

  /** @throws TransitionRejectedError for a reward that is not finite. */
  correct(correction: Correction): CorrectionOutcome {
    if (correction.sequence <= (this.#newest.get(correction.session) ?? 0)) {
      return this.#amend(correction) ? "corrected" : "gone";
    }
    if (this.#waiting.size >= MAX_WAITING) return "gone";
    this.#waiting.set(key(correction), correction);
    return "waiting";
  }

  state(): TransitionLabelsState {
    return {
      online: this.#rows.online.state(),
      offline: this.#rows.offline.state(),
      newest: Object.fromEntries(this.#newest),
      waiting: [...this.#waiting.values()],
    };
  }

  #amend({ session, sequence, ...amendment }: Correction): boolean {
    let amended = false;
    for (const name of ["online", "offline"] as const) {
      const row = this.#rows[name].get({ session, sequence });
      if (row !== undefined && this.#buffers[name].amend(row, amendment)) amended = true;
    }
    return amended;
  }
}

function key({ session, sequence }: RecordId): string {
  return `${session} ${sequence}`;
}
