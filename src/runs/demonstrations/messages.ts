/** What a thread that demonstrates and its owner say to each other. */
import type { TypedConfig } from "../../config/schema/registry.ts";
import type { StepOfTransition } from "../../datasets/writing/write_transitions.ts";
import type { EnvOptions } from "../../envs/make_env.ts";
import type { ActionFeature } from "../../replay/features.ts";
import type { EpisodeEnd } from "../../rollout/observer.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";

/** Where demonstrations are made: the environment of a training config, or a simulation by its id. */
export type DemonstrationPlace =
  | { readonly config: Pick<TrainRLServerPipelineConfig, "env" | "policy" | "handrail"> }
  | { readonly id: string; readonly options: EnvOptions };

export interface Demonstration {
  readonly place: DemonstrationPlace;
  /** The config of the program that steers: `isProgram` says so. */
  readonly teleoperator: TypedConfig;
  /** The program's. */
  readonly seed: number;
  /** What the policy can do. */
  readonly action?: ActionFeature;
}

/** `workerData` of the thread. */
export interface DemonstrationWorkerData extends Demonstration {
  /** Modules that register further types when imported: URLs of files, or names of packages. */
  readonly plugins: readonly string[];
  /** One 32-bit flag; once it is not 0, the present episode ends after its step. */
  readonly stop: SharedArrayBuffer;
}

export type DemonstrationRequest = { readonly type: "play"; readonly seed: number } | { readonly type: "close" };

export interface DemonstrationReplies {
  play: DemonstratedEpisode;
  close: undefined;
}

export interface DemonstratedEpisode extends EpisodeEnd {
  readonly steps: readonly StepOfTransition[];
  /** What a `SensorFaultError` is made of. */
  readonly fault?: { readonly env: string; readonly faults: readonly string[] };
}
