/** An environment with the pipelines around it: what a control loop drives. */

import type { PolicyFeature, PolicyFeatures } from "../config/schema/features.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import { InterventionActionProcessorStep } from "../processors/steps/intervention_step.ts";
import type { BoxSpace, Env, ObservationSpace, ResetOptions } from "./env.ts";
import type { Filmable } from "./film_camera.ts";
import type { SceneSource } from "./scene_source.ts";
import type { Watchable } from "./watchable.ts";

export interface ProcessedEnv {
  readonly env: Env;
  /** From the policy's or a person's action to what the environment executes. */
  readonly actionProcessor: DataProcessorPipeline;
  /** From what the environment reports to what the policy sees. */
  readonly envProcessor: DataProcessorPipeline;
  /** What policies and people choose from: the input of the action pipeline, `[n]`. */
  readonly policyActionSpace: BoxSpace;
  /** The action that moves nothing, in `policyActionSpace`. */
  readonly restingAction: Float32Array;
  /** How every episode begins unless a reset says otherwise, such as the arm's joint positions. */
  readonly resetOptions?: ResetOptions["options"];
  /** What is measured before an action and steps of the action pipeline need, such as `gripper_position`. */
  readonly measure?: () => Readonly<Record<string, number>>;
}

/** What an environment can do besides being stepped. */
export interface EnvCapabilities {
  /** What a scripted operator can watch. */
  readonly scene?: Watchable;
  /** What a display can draw. */
  readonly display?: SceneSource;
  /** What can film it. */
  readonly film?: Filmable;
}

export interface ConfiguredEnv extends ProcessedEnv, EnvCapabilities {}

/** Closes the environment and what the steps of its pipelines hold. */
export async function closeProcessedEnv({
  env,
  actionProcessor,
  envProcessor,
}: Pick<ProcessedEnv, "env" | "actionProcessor" | "envProcessor">): Promise<void> {
  try {
    await env.close();
  } finally {
    await actionProcessor.close();
    await envProcessor.close();
  }
}

/**
 * An environment with nothing around it but people, who may take over: its observations already have the names and the form
 * in which the policy takes them.
 */
export function withoutProcessing(env: Env): ProcessedEnv {
  const intervention = new InterventionActionProcessorStep();
  const inputFeatures = { observation: featuresOf(env.observationSpace), action: {} };
  return {
    env,
    actionProcessor: new DataProcessorPipeline({ name: "action_processor", steps: [intervention] }),
    envProcessor: new DataProcessorPipeline({ name: "env_processor", steps: [], inputFeatures }),
    policyActionSpace: env.actionSpace,
    restingAction: middleOf(env.actionSpace),
  };
}

function featuresOf(space: ObservationSpace): PolicyFeatures {
  const features = Object.entries(space).map(([key, { dtype, shape }]): [string, PolicyFeature] => {
    const type = dtype === "uint8" ? "VISUAL" : key === "observation.environment_state" ? "ENV" : "STATE";
    return [key, { type, shape }];
  });
  return Object.fromEntries(features);
}

/** The middle of a space: where actions are motions, none; 0 where there is no middle. */
export function middleOf({ shape, low, high }: BoxSpace): Float32Array {
  const bound = (side: number | Float32Array, i: number) => (typeof side === "number" ? side : side[i]!);
  return Float32Array.from({ length: shape[0]! }, (_, i) => {
    const middle = (bound(low, i) + bound(high, i)) / 2;
    return Number.isFinite(middle) ? middle : 0;
  });
}
