/** Messages between an environment's thread and its owner. Arrays are transferred, never shared. */
import type { Env, ResetOptions, ResetResult, StepResult } from "../env.ts";

/** `workerData` of an environment's thread. */
export interface EnvWorkerData {
  readonly id: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Modules that register further environments when imported: URLs of files, or names of packages. */
  readonly plugins: readonly string[];
}

/** Properties of an environment before its first reset. */
export type EnvFacts = Pick<Env, "id" | "observationSpace" | "actionSpace" | "controlFrequencyHz">;

export type EnvRequest =
  | { readonly type: "start" }
  | { readonly type: "reset"; readonly options: Omit<ResetOptions, "signal"> }
  | { readonly type: "step"; readonly action: Float32Array }
  | { readonly type: "close" };

export interface EnvReplies {
  start: EnvFacts;
  reset: ResetResult;
  step: StepResult;
  close: undefined;
}
