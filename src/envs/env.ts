/** The environment contract: Gymnasium's semantics, with observations as flat records of typed arrays. */

/** A box of numbers. `low`/`high` hold one bound per element, or a single bound for all. */
export interface BoxSpace {
  readonly type: "box";
  readonly dtype: "float32" | "uint8";
  readonly shape: readonly number[];
  readonly low: number | Float32Array;
  readonly high: number | Float32Array;
  /** Names of a vector's elements, such as `joint1.pos`, for messages and datasets. */
  readonly names?: readonly string[];
}

/** The integers 0 … n−1. */
export interface DiscreteSpace {
  readonly type: "discrete";
  readonly n: number;
}

export type ObservationSpace = Readonly<Record<string, BoxSpace>>;

/** Extra information for people and logs. */
export type Info = Readonly<Record<string, unknown>>;

/** One array per key of the observation space, row-major. Images are uint8, height × width × channels. */
export type Observation = Readonly<Record<string, Float32Array | Uint8Array>>;

export interface ResetOptions {
  /** Reseeds the environment's generator. Default: the generator continues. */
  readonly seed?: number;
  /** Aborts the reset: motion stops within one control step, and `reset` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface ResetResult {
  readonly observation: Observation;
  readonly info: Info;
}

export interface StepResult extends ResetResult {
  readonly reward: number;
  /** The task itself ended (success, failure, out of bounds): the value of the next state is 0. */
  readonly terminated: boolean;
  /** The episode was cut short from outside (time limit, a person): the next state still has a value. */
  readonly truncated: boolean;
  /** The task was solved in this step. Default: false. */
  readonly success?: boolean;
}

/**
 * An environment. Arrays in a result belong to the caller: the environment never writes to them again.
 * `step` throws before the first `reset`, after an episode's end, and for an action that is not finite or has the
 * wrong length; the environment stays usable after such an error.
 */
export interface Env {
  readonly id: string;
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  /** Control rate on a real clock; undefined where time has no unit. */
  readonly controlFrequencyHz?: number;
  reset(options?: ResetOptions): Promise<ResetResult>;
  step(action: Float32Array): Promise<StepResult>;
  /**
   * Stops all motion at once and holds until the next step or reset. May be called at any time, even during a step or a
   * reset, and repeatedly. Called by an emergency stop, by a pause, and after every episode, however it ended. Absent if
   * nothing moves between steps.
   */
  hold?(): void | Promise<void>;
  close(): Promise<void>;
}
