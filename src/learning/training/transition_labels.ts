/**
 * Corrections of transitions that are already stored: a person takes back a label after the episode. A correction names a
 * record; it may also arrive before its record does, because the two travel in streams of their own.
 */
import { z } from "zod";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TransitionAmendment } from "../../replay/transition.ts";
import { checkAmendment } from "../../replay/validate_transition.ts";
import type { RecordId } from "../../transport/messages.ts";
import { RecordRows, RecordRowsStateSchema } from "./record_rows.ts";

/** Records that can still be corrected: a quarter of an hour of one actor at 10 Hz. */
const REMEMBERED_RECORDS = 10_000;
/** Corrections that may wait for their records. */
const MAX_WAITING = 1000;
/** … of one actor: an episode's last record follows its correction within a moment. */
const MAX_WAITING_OF_SESSION = 16;
const MAX_SESSIONS = 10_000;

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
    // A label accepted unchecked by an earlier version must not end the run when its record arrives.
    const waiting = ((state?.waiting ?? []) as Correction[]).filter(isPossible).slice(-MAX_WAITING);
    this.#waiting = new Map(waiting.map((each) => [key(each), each]));
  }

  /** Notes where a record is stored; a buffer that does not hold it is left out. */
  stored(id: RecordId, rows: Partial<Record<keyof Buffers, number>>): void {
    this.#noteNewest(id);
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

  /** One that no transition may have is `gone`, too. */
  correct(correction: Correction): CorrectionOutcome {
    if (!isPossible(correction)) return "gone";
    if (correction.sequence <= (this.#newest.get(correction.session) ?? 0)) {
      return this.#amend(correction) ? "corrected" : "gone";
    }
    this.#waiting.delete(key(correction));
    const others = [...this.#waiting.values()].filter(({ session }) => session === correction.session);
    if (others.length >= MAX_WAITING_OF_SESSION || this.#waiting.size >= MAX_WAITING) return "gone";
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

  /** Sessions are remembered in the order of their last record; of very many, the longest silent are forgotten. */
  #noteNewest({ session, sequence }: RecordId): void {
    this.#newest.delete(session);
    this.#newest.set(session, sequence);
    if (this.#newest.size > MAX_SESSIONS) this.#newest.delete(this.#newest.keys().next().value!);
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

function isPossible(correction: Correction): boolean {
  try {
    checkAmendment(correction);
    return true;
  } catch {
    return false;
  }
}

function key({ session, sequence }: RecordId): string {
  return `${session} ${sequence}`;
}
