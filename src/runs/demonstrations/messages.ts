/** Messages between a demonstration thread and its owner. */
import type { TypedConfig } from "../../config/schema/registry.ts";
import type { StepOfTransition } from "../../datasets/writing/write_transitions.ts";
import type { EnvOptions } from "../../envs/make_env.ts";
import type { ActionFeature } from "../../replay/features.ts";
import type { EpisodeEnd } from "../../rollout/observer.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";

/** The environment of a training config, or a simulation given by id. */
export type DemonstrationPlace =
  | { readonly config: Pick<TrainRLServerPipelineConfig, "env" | "policy" | "handrail"> }
  | { readonly id: string; readonly options: EnvOptions };

export interface Demonstration {
  readonly place: DemonstrationPlace;
  /** Config of the program that steers; `isProgram` holds for it. */
  readonly teleoperator: TypedConfig;
  /** Seed of the program. */
  readonly seed: number;
  /** The policy's action feature. */
  readonly action?: ActionFeature;
}

/** `workerData` of the thread. */
export interface DemonstrationWorkerData extends Demonstration {
  /** Modules that register further types when imported: URLs of files, or names of packages. */
  readonly plugins: readonly string[];
  /** One 32-bit flag; once it is not 0, the current episode ends after its step. */
  readonly stop: SharedArrayBuffer;
}

export type DemonstrationRequest = { readonly type: "play"; readonly seed: number } | { readonly type: "close" };

export interface DemonstrationReplies {
  play: DemonstratedEpisode;
  close: undefined;
}

export interface DemonstratedEpisode extends EpisodeEnd {
  readonly steps: readonly StepOfTransition[];
  /** The arguments of a `SensorFaultError`. */
  readonly fault?: { readonly env: string; readonly faults: readonly string[] };
}
