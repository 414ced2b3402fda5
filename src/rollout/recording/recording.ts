/** The features of a dataset of an environment's steps: everything its pipeline outputs, under the policy's names. */
import type { Features } from "../../datasets/schema/features.ts";
import { stepFeatures } from "../../datasets/schema/step_columns.ts";
import type { EnvSettings } from "../../envs/env_type.ts";
import type { ProcessedEnv } from "../../envs/processed_env.ts";
import { observationName } from "../../processors/steps/observation_step.ts";
import type { ArrayFeature, ReplayFeatures } from "../../replay/features.ts";
import { COMPLEMENTARY_INFO } from "../../settings/replay_features.ts";

const GRIPPER_ACTION = ["delta_x", "delta_y", "delta_z", "gripper"];

/** @throws Error unless the observation pipeline knows its features. */
export function recordedFeatures({ env, envProcessor, policyActionSpace }: ProcessedEnv): ReplayFeatures {
  const shown = envProcessor.outputFeatures?.observation;
  if (shown === undefined) {
    throw new Error(`${envProcessor.name} of ${env.id} was made without inputFeatures: what it shows is not known`);
  }
  const observation = Object.entries(shown).map(([key, { type, shape }]): [string, ArrayFeature] => [
    key,
    { dtype: type === "VISUAL" ? "uint8" : "float32", shape },
  ]);
  return {
    observation: Object.fromEntries(observation),
    action: { shape: policyActionSpace.shape },
    complementaryInfo: Object.fromEntries(COMPLEMENTARY_INFO.map((name) => [name, { default: 0 }])),
  };
}

/** @param cameras How camera frames are stored. */
export function recordingFeatures(processedEnv: ProcessedEnv, cameras: "image" | "video"): Features {
  const spaces = Object.entries(processedEnv.env.observationSpace);
  const names = spaces.flatMap(([key, space]) => (space.names ? [[key, space.names] as const] : []));
  return datasetFeatures(recordedFeatures(processedEnv), cameras, Object.fromEntries(names));
}

/**
 * What a dataset of such transitions holds, with the names of elements where they are known.
 *
 * @param elementNames By the environment's own keys of observations.
 */
export function datasetFeatures(
  replay: ReplayFeatures,
  cameras: "image" | "video",
  elementNames: EnvSettings["elementNames"] = {},
): Features {
  const actionNames = replay.action.shape.join() === "4" ? { actionNames: GRIPPER_ACTION } : {};
  const names = Object.entries(elementNames).map(([key, elements]) => [observationName(key), elements]);
  return stepFeatures(replay, { cameras, ...actionNames, observationNames: Object.fromEntries(names) });
}

/** The task of an environment as a dataset's text: in words where they are known, or else its id. */
export function taskText({ taskInWords, task }: Pick<EnvSettings, "taskInWords" | "task">): string {
  return taskInWords ?? task ?? "act";
}
