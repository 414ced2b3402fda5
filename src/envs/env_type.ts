/**
 * The contract of an environment type: its config, the pipelines around the environment, the policy's action space and
 * optional capabilities. To add one, register an object with `registerEnvType`.
 */
import type { z } from "zod";
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { ConfiguredEnv } from "./processed_env.ts";

/** Properties of an environment that a run needs before creating it. */
export interface EnvSettings {
  /** Control steps per second. */
  readonly fps: number;
  /** Task id, such as "PandaPickCube-v0"; null if the type has only one task. */
  readonly task: string | null;
  /** The task in words, for datasets and pages. Default: `task`. */
  readonly taskInWords?: string;
  /** Time limit of an episode in seconds; absent if unlimited. */
  readonly episodeTimeS?: number;
  /** Whether success ends an episode, including success seen by a reward model. Default: true. */
  readonly terminateOnSuccess?: boolean;
  /** Seconds between two episodes on a real clock, to put the object back. Default: 0. */
  readonly resetTimeS?: number;
  /**
   * Whether it is a machine rather than a simulation. Loops then keep to `fps` whatever `handrail.pacing` says, a run is
   * evaluated on the same machine between episodes, and the doctor moves nothing. Default: false.
   */
  readonly isPhysical?: boolean;
  /** The reward model that the config of the environment names, as `handrail.reward_model` has it. */
  readonly rewardModel?: TypedConfig & Readonly<Record<string, unknown>>;
  /** Whether several instances can run in parallel, each in its own thread (`EnvContext.thread`). Default: false. */
  readonly runsInThreads?: boolean;
  /** Element names of observations, by the environment's own keys, as far as they are known. */
  readonly elementNames?: Readonly<Record<string, readonly string[]>>;
}

export interface EnvContext {
  /** The policy's inputs. An environment may skip unused observations, such as images. */
  readonly inputFeatures: PolicyFeatures;
  /** Seed of the environment's generator until the first `reset({ seed })`. */
  readonly seed?: number;
  /**
   * Create the environment in its own thread, which imports these plug-ins first, so that several can run in parallel. It
   * then needs no `scene`, `display` or `film`. Only passed to types whose settings have `runsInThreads`.
   */
  readonly thread?: { readonly plugins: readonly string[] };
  /** `handrail.environment` of the config: options that override all others. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface EnvType<Config extends TypedConfig> {
  /** Strict, with `type: z.literal(type)` and a default for every field. */
  readonly schema: z.ZodType<Config>;
  /** @throws Error for a config whose environment cannot be made here. */
  settings(config: Config): EnvSettings;
  /**
   * Creates the environment with its pipelines. Its `envProcessor` must know its `outputFeatures`, which are compared with
   * the policy's inputs.
   *
   * @throws Error or ConfigError when it cannot be created; nothing is left open then.
   */
  create(config: Config, context: EnvContext): Promise<ConfiguredEnv>;
}
