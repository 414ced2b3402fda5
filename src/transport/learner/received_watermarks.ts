/**
 * How far a learner has got with each actor session, per record kind: the state that makes "once" out of "at least
 * once". It belongs beside the replay buffer in a checkpoint, taken at the same moment.
 */
import { z } from "zod";
import { TransportError } from "../errors.ts";

const MarksSchema = z.record(z.string(), z.int().min(0));

export const LearnerTransportStateSchema = z.strictObject({
  version: z.literal(1),
  transitions: MarksSchema,
  interactions: MarksSchema,
});

/** Per kind and session, the highest sequence taken. Plain data, safe to put in JSON. */
export type LearnerTransportState = z.infer<typeof LearnerTransportStateSchema>;

/** The state of a learner that has taken nothing. */
export function emptyState(): LearnerTransportState {
  return { version: 1, transitions: {}, interactions: {} };
}

interface Mark {
  received: number;
  durable: number;
}

export class ReceivedWatermarks {
  readonly #marks = new Map<string, Mark>();
  readonly #maxSessions: number;

  constructor(maxSessions: number) {
    this.#maxSessions = maxSessions;
  }

  get(session: string): Readonly<Mark> {
    return this.#marks.get(session) ?? { received: 0, durable: 0 };
  }

  /** @throws TransportError `refused` for a new session when the learner remembers as many as it may. */
  requireRoomFor(session: string): void {
    if (this.#marks.has(session) || this.#marks.size < this.#maxSessions) return;
    throw new TransportError("refused", `this learner remembers at most ${this.#maxSessions} actor sessions`);
  }

  /** A session is remembered from the first record that it delivered, so that those without one leave no trace. */
  setReceived(session: string, received: number): void {
    const mark = this.#marks.get(session);
    if (mark === undefined) this.#marks.set(session, { received, durable: 0 });
    else mark.received = received;
  }

  setDurable(session: string, durable: number): void {
    const mark = this.#marks.get(session);
    if (mark !== undefined) mark.durable = Math.max(mark.durable, Math.min(durable, mark.received));
  }

  received(): Record<string, number> {
    return Object.fromEntries([...this.#marks].map(([session, mark]) => [session, mark.received]));
  }

  /** Sessions that delivered nothing are passed over: they would take the room of others for ever. */
  restore(received: Readonly<Record<string, number>>): void {
    this.#marks.clear();
    for (const [session, sequence] of Object.entries(received)) {
      if (sequence > 0) this.#marks.set(session, { received: sequence, durable: sequence });
    }
  }
}

/** @throws TypeError that names what is wrong with a state read from a file. */
export function parseState(state: unknown): LearnerTransportState {
  const result = LearnerTransportStateSchema.safeParse(state);
  if (!result.success) throw new TypeError(`transport state: ${z.prettifyError(result.error)}`);
  return result.data;
}
