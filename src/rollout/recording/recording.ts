/** What a dataset of an environment's steps holds: everything that its pipeline shows, under the policy's names. */
import type { Features } from "../../datasets/features.ts";
import { stepFeatures } from "../../datasets/step_columns.ts";
import { elementNames, taskInWords } from "../../envs/panda_pick_cube/variants.ts";
import { observationName } from "../../processors/observation_step.ts";
import type { ArrayFeature, ReplayFeatures } from "../../replay/features.ts";
import { COMPLEMENTARY_INFO } from "../../settings/replay_features.ts";
import type { ProcessedEnv } from "../env_step.ts";

const GRIPPER_ACTION = ["delta_x", "delta_y", "delta_z", "gripper"];

/** @throws Error unless the observation pipeline knows its features. */
export function recordedFeatures({ env, envProcessor }: ProcessedEnv): ReplayFeatures {
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
    action: { shape: env.actionSpace.shape },
    complementaryInfo: Object.fromEntries(COMPLEMENTARY_INFO.map((name) => [name, { default: 0 }])),
  };
}

/** @param cameras How camera frames are stored. */
export function recordingFeatures(processedEnv: ProcessedEnv, cameras: "image" | "video"): Features {
  return datasetFeatures(recordedFeatures(processedEnv), cameras, processedEnv.env.id);
}

/**
 * What a dataset of such transitions holds, with the names of elements where they are known.
 *
 * @param env Id of the environment.
 */
export function datasetFeatures(replay: ReplayFeatures, cameras: "image" | "video", env: string | null): Features {
  const actionNames = replay.action.shape.join() === "4" ? { actionNames: GRIPPER_ACTION } : {};
  const names = Object.entries(elementNames(env)).map(([key, elements]) => [observationName(key), elements]);
  return stepFeatures(replay, { cameras, ...actionNames, observationNames: Object.fromEntries(names) });
}

/** The task of an environment as a dataset's text: in words where they are known, or else its id. */
export function taskText(env: string | null): string {
  return taskInWords(env) ?? env ?? "act";
}
