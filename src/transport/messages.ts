/** Messages: transitions and episode reports from actors to the learner, policy weights the other way. */
import type { Tensor } from "../tensor/tensor.ts";

/** Named numbers and text; every number must be finite. */
export interface InteractionMessage {
  readonly scalars: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * One transition as named parts, e.g. tensors `state.observation.images.front`, `action`; scalars `reward`, `done`.
 * The transport does not interpret the names. Float tensors must hold finite values, bool tensors 0 or 1.
 */
export interface TransitionMessage extends InteractionMessage {
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** Identifies a record permanently: sequences of one session start at 1 and have no gaps. */
export interface RecordId {
  readonly session: string;
  readonly sequence: number;
}

export interface ReceivedTransition extends TransitionMessage {
  readonly id: RecordId;
}

export interface ReceivedInteraction extends InteractionMessage {
  readonly id: RecordId;
}

/** The two reliable streams of an actor, each with its own sequence. */
export type RecordKind = "transitions" | "interactions";

/** Weights that stay as they are, such as a frozen image encoder's: each actor receives them once. */
export interface FrozenWeights {
  /** Of the file, in hexadecimal digits. */
  readonly sha256: string;
  /** A complete safetensors file. */
  readonly safetensors: Uint8Array;
}

/** Policy weights to publish. */
export interface PublishedWeights {
  /** Increases with every publication of one learner process. */
  readonly version: number;
  /** A complete safetensors file. */
  readonly safetensors: Uint8Array;
  /** Further tensors of the policy; only for an endpoint that `takesFrozenWeights`. Default: there are none. */
  readonly frozen?: FrozenWeights | undefined;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Policy weights as received by an actor. The receiver owns the bytes. */
export interface ReceivedWeights {
  /** The learner process that published them; a restarted learner has a new id. */
  readonly publisher: string;
  readonly version: number;
  readonly safetensors: Uint8Array;
  /** Further tensors of the policy, whole and checked. Other weights share these bytes: leave them as they are. */
  readonly frozen?: FrozenWeights;
  readonly metadata: Readonly<Record<string, string>>;
}
