/** Several environments stepped together: the interface, and the variant that runs them in the caller's thread. */
import type {
  BoxSpace,
  Env,
  Info,
  Observation,
  ObservationSpace,
  ResetOptions,
  ResetResult,
  StepResult,
} from "./env.ts";

/**
 * `"same_step"`: an episode that ends is followed by the next one within the same step (Gymnasium's term).
 * `"disabled"`: the caller resets, with `resetOne`.
 */
export type AutoReset = "same_step" | "disabled";

export interface VectorStepResult extends StepResult {
  /** With automatic resets, the last observation of the episode that just ended: `observation` begins the next one. */
  readonly finalObservation?: Observation;
  /** With automatic resets, the info that `reset` gave. */
  readonly resetInfo?: Info;
}

/** The environments are alike: one observation space and one action space. Results are in the order of the environments. */
export interface VectorEnv {
  readonly size: number;
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  /** Resets all. With a seed, environment i gets seed + i, as in Gymnasium. */
  reset(options?: ResetOptions): Promise<readonly ResetResult[]>;
  /** @throws RangeError for an index outside 0 … size − 1. */
  resetOne(index: number, options?: ResetOptions): Promise<ResetResult>;
  /**
   * Steps all. `undefined` lets an environment wait; its result is then `undefined`.
   *
   * @throws Error naming the environment that refused; the others have made their step.
   */
  step(actions: readonly (Float32Array | undefined)[]): Promise<readonly (VectorStepResult | undefined)[]>;
  close(): Promise<void>;
}

export class SyncVectorEnv implements VectorEnv {
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  readonly #envs: readonly Env[];
  readonly #autoReset: AutoReset;

  private constructor(envs: readonly Env[], autoReset: AutoReset) {
    const first = envs[0];
    if (first === undefined) throw new RangeError("a vectorised environment needs at least one environment");
    this.observationSpace = first.observationSpace;
    this.actionSpace = first.actionSpace;
    this.#envs = envs;
    this.#autoReset = autoReset;
  }

  /** @param makeEnv is called with 0 … size − 1. */
  static async create(
    size: number,
    makeEnv: (index: number) => Promise<Env>,
    { autoReset = "same_step" }: { autoReset?: AutoReset } = {},
  ): Promise<SyncVectorEnv> {
    const envs: Env[] = [];
    try {
      for (let i = 0; i < size; i++) envs.push(await makeEnv(i));
      return new SyncVectorEnv(envs, autoReset);
    } catch (error) {
      for (const env of envs) await env.close();
      throw error;
    }
  }

  get size(): number {
    return this.#envs.length;
  }

  reset(options: ResetOptions = {}): Promise<readonly ResetResult[]> {
    return Promise.all(this.#envs.map((env, i) => env.reset(seedFor(i, options))));
  }

  async resetOne(index: number, options?: ResetOptions): Promise<ResetResult> {
    checkIndex(index, this.size);
    return this.#envs[index]!.reset(options);
  }

  step(actions: readonly (Float32Array | undefined)[]): Promise<readonly (VectorStepResult | undefined)[]> {
    checkActionCount(actions, this.size);
    return settleAll(
      actions.map((action, i) => (action === undefined ? undefined : stepOne(this.#envs[i]!, action, this.#autoReset))),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#envs.map((env) => env.close()));
  }
}

/** One step of one environment, with the reset that may follow it. */
export async function stepOne(env: Env, action: Float32Array, autoReset: AutoReset): Promise<VectorStepResult> {
  const result = await env.step(action);
  if (autoReset === "disabled" || !(result.terminated || result.truncated)) return result;
  const next = await env.reset();
  return { ...result, observation: next.observation, finalObservation: result.observation, resetInfo: next.info };
}

export function seedFor(index: number, options: ResetOptions): ResetOptions {
  return options.seed === undefined ? options : { ...options, seed: options.seed + index };
}

export function checkIndex(index: number, size: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`there is no environment ${index}; they are numbered 0 … ${size - 1}`);
  }
}

export function checkActionCount(actions: readonly unknown[], size: number): void {
  if (actions.length !== size) throw new RangeError(`${size} environments take ${size} actions, got ${actions.length}`);
}

/** Waits for all, so that no environment is left in the middle of a step, then throws the first error with its index. */
export async function settleAll<Value>(
  promises: readonly (Promise<Value> | undefined)[],
): Promise<(Value | undefined)[]> {
  const outcomes = await Promise.allSettled(promises);
  return outcomes.map((outcome, i) => {
    if (outcome.status === "fulfilled") return outcome.value;
    const reason = outcome.reason as Error;
    throw new Error(`environment ${i}: ${reason.message}`, { cause: reason });
  });
}
