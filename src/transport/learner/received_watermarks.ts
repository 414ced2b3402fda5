/**
 * A learner's progress with each actor session, per record kind: the state that turns at-least-once into exactly-once
 * delivery. It belongs beside the replay buffer in a checkpoint, taken at the same moment.
 */
import { z } from "zod";
import { TransportError } from "../errors.ts";

const MarksSchema = z.record(z.string(), z.int().min(0));

export const LearnerTransportStateSchema = z.strictObject({
  version: z.literal(1),
  transitions: MarksSchema,
  interactions: MarksSchema,
});

/** Per kind and session, the highest sequence taken. Plain data, safe for JSON. */
export type LearnerTransportState = z.infer<typeof LearnerTransportStateSchema>;

/** The state of a new learner. */
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

  /** @throws TransportError `refused` for a new session if the maximum number is reached. */
  requireRoomFor(session: string): void {
    if (this.#marks.has(session) || this.#marks.size < this.#maxSessions) return;
    throw new TransportError("refused", `this learner remembers at most ${this.#maxSessions} actor sessions`);
  }

  /** A session is remembered from its first delivered record, so that sessions without one leave no trace. */
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

  /** Sessions without records are skipped: they would take the room of others for ever. */
  restore(received: Readonly<Record<string, number>>): void {
    this.#marks.clear();
    for (const [session, sequence] of Object.entries(received)) {
      if (sequence > 0) this.#marks.set(session, { received: sequence, durable: sequence });
    }
  }
}

/** @throws TypeError naming the problem with a state read from a file. */
export function parseState(state: unknown): LearnerTransportState {
  const result = LearnerTransportStateSchema.safeParse(state);
  if (!result.success) throw new TypeError(`transport state: ${z.prettifyError(result.error)}`);
  return result.data;
}
