/** One step of experience, sent by actors and stored in replay buffers. */

/** One row-major array per observation feature. Images are uint8, channels × height × width. */
export type ObservationArrays = Readonly<Record<string, Float32Array | Uint8Array>>;

/** (s, a, r, s′) with both kinds of episode ends. Arrays are read during the call they are passed to, never retained. */
export interface Transition {
  readonly observation: ObservationArrays;
  /** The executed action, by policy or person, in the units of the declared action feature. */
  readonly action: Float32Array;
  readonly reward: number;
  readonly nextObservation: ObservationArrays;
  /** The task ended: the value of `nextObservation` is 0. The only flag that stops bootstrapping. */
  readonly terminated: boolean;
  /** The episode was cut short (time limit, a person): `nextObservation` still has a value. */
  readonly truncated: boolean;
  /**
   * Number of the episode, from 1, equal for all of its transitions from one actor or dataset. Absent if unknown: actors
   * and checkpoints of earlier versions.
   */
  readonly episode?: number;
  /** Declared extra numbers such as `discrete_penalty`; flags such as `is_intervention` are 0 or 1. */
  readonly complementaryInfo?: Readonly<Record<string, number>>;
}

/** Fields of a stored transition that may be corrected later; absent fields are unchanged. */
export type TransitionAmendment = Partial<Pick<Transition, "reward" | "terminated" | "truncated">>;
