/**
 * The contract of an environment type: its own config, and everything that surrounds the environment (pipelines, the space
 * that policies act in, what else it can do). Adding one is an object and one registration (see `registerEnvType`).
 */
import type { z } from "zod";
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { ConfiguredEnv } from "./processed_env.ts";

/** What a run has to know of an environment before it is made. */
export interface EnvSettings {
  /** Control steps per second. */
  readonly fps: number;
  /** Which task, such as "PandaPickCube-v0"; null where there is only one. */
  readonly task: string | null;
  /** The task in words, as datasets and pages say it. Default: `task`. */
  readonly taskInWords?: string;
  /** Longest episode in seconds; absent where nothing limits it. */
  readonly episodeTimeS?: number;
  /** Whether success ends an episode, also where a reward model judges it. Default: true. */
  readonly terminateOnSuccess?: boolean;
  /** Seconds between two episodes on a real clock, to put the object back. Default: 0. */
  readonly resetTimeS?: number;
  /**
   * Whether it is a machine rather than a simulation: there is one of it, and its time is real. Loops then keep to `fps` whatever
   * `handrail.pacing` says, a run is evaluated on the same machine between two episodes, and the doctor moves nothing.
   * Default: false.
   */
  readonly isPhysical?: boolean;
  /** Whether several can play side by side, each in a thread of its own (`EnvContext.thread`). Default: false. */
  readonly runsInThreads?: boolean;
  /** Names of the elements of observations, by the environment's own keys, where they are known. */
  readonly elementNames?: Readonly<Record<string, readonly string[]>>;
}

export interface EnvContext {
  /** What the policy sees: an environment may leave out what nobody looks at, such as images. */
  readonly inputFeatures: PolicyFeatures;
  /** Where the environment's generator starts until the first `reset({ seed })`. */
  readonly seed?: number;
  /**
   * Makes the environment in a thread of its own that imports these plug-ins first, so that several play side by side. It then
   * need not be watched, drawn or filmed. Only asked of types whose settings say `runsInThreads`.
   */
  readonly thread?: { readonly plugins: readonly string[] };
  /** `handrail.environment` of the config: options that have the last word. */
  readonly options: Readonly<Record<string, unknown>>;
}

export interface EnvType<Config extends TypedConfig> {
  /** Strict, with `type: z.literal(type)` and a default for every field. */
  readonly schema: z.ZodType<Config>;
  /** @throws Error for a config whose environment cannot be made here. */
  settings(config: Config): EnvSettings;
  /**
   * Makes the environment with its pipelines. Its `envProcessor` must know its `outputFeatures`, so that what it shows can be
   * compared with what the policy needs.
   *
   * @throws Error or ConfigError for what cannot be had, with nothing left open.
   */
  create(config: Config, context: EnvContext): Promise<ConfiguredEnv>;
}
