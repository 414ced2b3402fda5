/** What a vectorised environment and its worker threads say to each other. Arrays are transferred, never shared. */
import type { BoxSpace, ObservationSpace, ResetOptions, ResetResult } from "./env.ts";
import type { EnvOptions } from "./make_env.ts";
import type { AutoReset, VectorStepResult } from "./vector_env.ts";

/** `workerData` of an environment's thread. */
export interface EnvWorkerData {
  readonly id: string;
  readonly options: EnvOptions;
  readonly autoReset: AutoReset;
  /** A module that registers further environments when imported. */
  readonly plugin?: string;
}

export type EnvRequest =
  | { readonly type: "spaces" }
  | { readonly type: "reset"; readonly options?: ResetOptions }
  | { readonly type: "step"; readonly action: Float32Array }
  | { readonly type: "close" };

export interface EnvReplies {
  spaces: { readonly observationSpace: ObservationSpace; readonly actionSpace: BoxSpace };
  reset: ResetResult;
  step: VectorStepResult;
  close: undefined;
}

/** A worker answers every request, in order. */
export type EnvReply =
  | { readonly ok: true; readonly value: EnvReplies[keyof EnvReplies] }
  | { readonly ok: false; readonly error: { readonly name: string; readonly message: string } };
