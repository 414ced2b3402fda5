/** An environment with its pipelines, as control loops use it. */

import type { PolicyFeature, PolicyFeatures } from "../config/schema/features.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import { InterventionActionProcessorStep } from "../processors/steps/intervention_step.ts";
import type { BoxSpace, Env, ObservationSpace, ResetOptions } from "./env.ts";
import type { Filmable } from "./film_camera.ts";
import type { SceneSource } from "./scene_source.ts";
import type { Watchable } from "./watchable.ts";

export interface ProcessedEnv {
  readonly env: Env;
  /** Turns the policy's or a person's action into what the environment executes. */
  readonly actionProcessor: DataProcessorPipeline;
  /** Turns what the environment reports into what the policy sees. */
  readonly envProcessor: DataProcessorPipeline;
  /** Action space of policies and people: the input of the action pipeline, `[n]`. */
  readonly policyActionSpace: BoxSpace;
  /** The action that moves nothing, in `policyActionSpace`. */
  readonly restingAction: Float32Array;
  /** Default options of `reset`, such as the arm's joint positions. */
  readonly resetOptions?: ResetOptions["options"];
  /** Measures inputs of the action pipeline before each action, such as `gripper_position`. */
  readonly measure?: () => Readonly<Record<string, number>>;
}

/** Optional capabilities of an environment. */
export interface EnvCapabilities {
  /** Observable by a scripted operator. */
  readonly scene?: Watchable;
  /** Drawable on a display. */
  readonly display?: SceneSource;
  /** Films it. */
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
 * Wraps an environment whose observations already have the policy's names and form. The only step is a person's
 * intervention.
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

/** The middle of a space, which is no motion where actions are motions; 0 if a bound is infinite. */
export function middleOf({ shape, low, high }: BoxSpace): Float32Array {
  const bound = (side: number | Float32Array, i: number) => (typeof side === "number" ? side : side[i]!);
  return Float32Array.from({ length: shape[0]! }, (_, i) => {
    const middle = (bound(low, i) + bound(high, i)) / 2;
    return Number.isFinite(middle) ? middle : 0;
  });
}
