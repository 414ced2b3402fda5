/** Rejects transitions that cannot be stored or trained on. Pure. */
import type { ReplayFeatures } from "../../replay/features.ts";
import { REASONS_OF_VALUES, TransitionRejectedError, TransitionValidator } from "../../replay/validate_transition.ts";
import { RefusedValueError, TransitionCodec } from "../../spec/transition_message.ts";
import { TransportError } from "../../transport/errors.ts";
import type { Refusal } from "../../transport/link.ts";
import type { ReceivedTransition } from "../../transport/messages.ts";
import type { TransitionRecord } from "../training/training_core.ts";

export class TransitionGate {
  readonly #codec: TransitionCodec;
  readonly #validator: TransitionValidator;

  constructor(features: ReplayFeatures) {
    this.#codec = new TransitionCodec(features);
    this.#validator = new TransitionValidator(features);
  }

  /**
   * Splits records into those to store and those to refuse, with the field and value that are wrong.
   *
   * @throws TransportError `refused` where an actor's transitions are not made of what this run stores.
   */
  split(received: readonly ReceivedTransition[]): {
    readonly records: readonly TransitionRecord[];
    readonly refusals: readonly Refusal[];
  } {
    const records: TransitionRecord[] = [];
    const refusals: Refusal[] = [];
    for (const message of received) {
      try {
        records.push(this.#read(message));
      } catch (error) {
        refusals.push({ sequence: message.id.sequence, reason: reasonToRefuse(error) });
      }
    }
    return { records, refusals };
  }

  #read({ id, ...message }: ReceivedTransition): TransitionRecord {
    const transition = this.#codec.fromMessage(message);
    this.#validator.check(transition);
    return { id, transition };
  }
}

/** @throws the error, where it is not about the values of this one transition. */
function reasonToRefuse(error: unknown): string {
  if (error instanceof RefusedValueError) return error.message;
  if (!(error instanceof TransitionRejectedError)) throw error;
  if (!REASONS_OF_VALUES.has(error.reason)) throw new TransportError("refused", error.message, { cause: error });
  return error.message;
}
