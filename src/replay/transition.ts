/** One step of experience: what actors send and replay buffers store. */

/** One row-major array per observation feature. Images are uint8, channels × height × width. */
export type ObservationArrays = Readonly<Record<string, Float32Array | Uint8Array>>;

/** (s, a, r, s′) with both ways an episode can end. Arrays are read during the call they are passed to, never kept. */
export interface Transition {
  readonly observation: ObservationArrays;
  /** The action that was executed, whoever chose it, in the units of the declared action feature. */
  readonly action: Float32Array;
  readonly reward: number;
  readonly nextObservation: ObservationArrays;
  /** The task itself ended: the value of `nextObservation` is 0. The only flag that stops bootstrapping. */
  readonly terminated: boolean;
  /** The episode was cut short from outside (time limit, a person): `nextObservation` still has a value. */
  readonly truncated: boolean;
  /**
   * Which episode it is of, a whole number from 1; transitions of one actor's episode have the same. Absent where that is
   * not known: demonstrations, actors and checkpoints of earlier versions.
   */
  readonly episode?: number;
  /** Declared extra numbers such as `discrete_penalty`; flags such as `is_intervention` are 0 or 1. */
  readonly complementaryInfo?: Readonly<Record<string, number>>;
}

/** What a later judgement may correct in a stored transition; what it leaves out stays as it is. */
export type TransitionAmendment = Partial<Pick<Transition, "reward" | "terminated" | "truncated">>;
