/**
 * Applies relabels: corrections of transitions that are already stored, sent when a person changes a label after the
 * episode. A relabel names a record, and may arrive before it, because the two travel in separate streams.
 */
import { z } from "zod";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";
import type { TransitionAmendment } from "../../replay/transition.ts";
import { checkAmendment } from "../../replay/validate_transition.ts";
import type { RecordId } from "../../transport/messages.ts";
import { RecordRows, RecordRowsStateSchema } from "./record_rows.ts";

/** Records that can still be relabelled: a quarter of an hour of one actor at 10 Hz. */
const REMEMBERED_RECORDS = 10_000;
/** Limit of relabels that wait for their records. */
const MAX_WAITING = 1000;
/** The same for one actor: an episode's last record follows its relabel within a moment. */
const MAX_WAITING_OF_SESSION = 16;
const MAX_SESSIONS = 10_000;

const RelabelSchema = z.strictObject({
  session: z.string(),
  sequence: z.int().min(1),
  reward: z.number().optional(),
  terminated: z.boolean().optional(),
  truncated: z.boolean().optional(),
});
export type Relabel = RecordId & TransitionAmendment;

export const RelabelQueueStateSchema = z.strictObject({
  online: RecordRowsStateSchema,
  offline: RecordRowsStateSchema,
  /** Highest sequence stored, by session. */
  newest: z.record(z.string(), z.int().min(1)),
  waiting: z.array(RelabelSchema),
});
export type RelabelQueueState = z.output<typeof RelabelQueueStateSchema>;

/** `corrected` now; `waiting` for the record to arrive; `gone`: too old to be found, or never stored. */
export type RelabelOutcome = "corrected" | "waiting" | "gone";

type Buffers = Readonly<Record<"online" | "offline", ReplayBuffer>>;

export class RelabelQueue {
  readonly #buffers: Buffers;
  readonly #rows: Readonly<Record<keyof Buffers, RecordRows>>;
  readonly #newest: Map<string, number>;
  readonly #waiting: Map<string, Relabel>;

  constructor(buffers: Buffers, state?: RelabelQueueState) {
    this.#buffers = buffers;
    this.#rows = {
      online: new RecordRows(REMEMBERED_RECORDS, state?.online),
      offline: new RecordRows(REMEMBERED_RECORDS, state?.offline),
    };
    this.#newest = new Map(Object.entries(state?.newest ?? {}));
    // A label accepted unchecked by an earlier version must not end the run when its record arrives.
    const waiting = ((state?.waiting ?? []) as Relabel[]).filter(isPossible).slice(-MAX_WAITING);
    this.#waiting = new Map(waiting.map((each) => [key(each), each]));
  }

  /** Notes where a record is stored. `rows` omits buffers that do not hold it. */
  stored(id: RecordId, rows: Partial<Record<keyof Buffers, number>>): void {
    this.#noteNewest(id);
    for (const name of ["online", "offline"] as const) {
      const row = rows[name];
      if (row !== undefined) this.#rows[name].set(id, row);
    }
    if (this.#waiting.size === 0) return;
    const relabel = this.#waiting.get(key(id));
    if (relabel === undefined) return;
    this.#waiting.delete(key(id));
    this.#amend(relabel);
  }

  /** Applies a relabel, or keeps it until its record arrives. Values that no transition may have give `gone`. */
  correct(relabel: Relabel): RelabelOutcome {
    if (!isPossible(relabel)) return "gone";
    if (relabel.sequence <= (this.#newest.get(relabel.session) ?? 0)) {
      return this.#amend(relabel) ? "corrected" : "gone";
    }
    this.#waiting.delete(key(relabel));
    const others = [...this.#waiting.values()].filter(({ session }) => session === relabel.session);
    if (others.length >= MAX_WAITING_OF_SESSION || this.#waiting.size >= MAX_WAITING) return "gone";
    this.#waiting.set(key(relabel), relabel);
    return "waiting";
  }

  state(): RelabelQueueState {
    return {
      online: this.#rows.online.state(),
      offline: this.#rows.offline.state(),
      newest: Object.fromEntries(this.#newest),
      waiting: [...this.#waiting.values()],
    };
  }

  /** Keeps sessions in the order of their last record, and drops the longest silent ones beyond `MAX_SESSIONS`. */
  #noteNewest({ session, sequence }: RecordId): void {
    this.#newest.delete(session);
    this.#newest.set(session, sequence);
    if (this.#newest.size > MAX_SESSIONS) this.#newest.delete(this.#newest.keys().next().value!);
  }

  #amend({ session, sequence, ...amendment }: Relabel): boolean {
    let amended = false;
    for (const name of ["online", "offline"] as const) {
      const row = this.#rows[name].get({ session, sequence });
      if (row !== undefined && this.#buffers[name].amend(row, amendment)) amended = true;
    }
    return amended;
  }
}

function isPossible(relabel: Relabel): boolean {
  try {
    checkAmendment(relabel);
    return true;
  } catch {
    return false;
  }
}

function key({ session, sequence }: RecordId): string {
  return `${session} ${sequence}`;
}
