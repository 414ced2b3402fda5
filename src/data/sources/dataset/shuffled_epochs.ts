/** The order of drawn rows: all of them once, shuffled, then all again in another order. */
import { z } from "zod";
import type { Random, RandomState } from "../../../tensor/random.ts";

const word = z.int().min(0).max(0xffffffff);

export const ShuffledEpochsStateSchema = z.strictObject({
  /** Rows per epoch. */
  rows: z.int().min(1),
  /** Generator state at the start of the current epoch. */
  random: z.tuple([word, word, word, word]),
  /** Rows drawn so far in the current epoch. */
  position: z.int().min(0),
});
export type ShuffledEpochsState = z.output<typeof ShuffledEpochsStateSchema>;

export class ShuffledEpochs {
  readonly #random: Random;
  readonly #order: Uint32Array;
  /** Generator state at the start of the current epoch. */
  #begin: RandomState;
  #position = 0;

  /** @throws RangeError without rows. */
  constructor(rows: number, random: Random) {
    if (!Number.isSafeInteger(rows) || rows < 1) throw new RangeError(`an epoch needs at least one row, got ${rows}`);
    this.#random = random;
    this.#order = new Uint32Array(rows);
    this.#begin = random.state;
    this.#shuffle();
  }

  take(count: number): Uint32Array {
    const rows = new Uint32Array(count);
    for (let i = 0; i < count; i++) {
      if (this.#position === this.#order.length) this.#shuffle();
      rows[i] = this.#order[this.#position++]!;
    }
    return rows;
  }

  state(): ShuffledEpochsState {
    return { rows: this.#order.length, random: [...this.#begin], position: this.#position };
  }

  /** @throws Error for a state with a different number of rows. */
  restore(state: ShuffledEpochsState): void {
    const { length } = this.#order;
    if (state.rows !== length || state.position > length) {
      throw new Error(`it has ${length} rows to draw from, and had ${state.rows} when the run was saved`);
    }
    this.#random.state = state.random;
    this.#shuffle();
    this.#position = state.position;
  }

  /** Fisher–Yates shuffle. */
  #shuffle(): void {
    const order = this.#order;
    this.#begin = this.#random.state;
    this.#position = 0;
    for (let i = 0; i < order.length; i++) order[i] = i;
    for (let i = order.length - 1; i > 0; i--) {
      const j = this.#random.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
  }
}
