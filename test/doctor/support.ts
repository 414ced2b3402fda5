/** Setups to check: a preset with changed values, and a dataset recorded in simulation. */
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { processSimulation } from "../../src/envs/gym_manipulator/pipelines.ts";
import { makePandaEnv } from "../../src/envs/panda_pick_cube/variants.ts";
import { recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import type { Check, Finding } from "../../src/runs/doctor/check.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";

export const STATE_PRESET = "configs/pick_cube.json";
export const PIXEL_PRESET = "configs/pick_cube_pixels.json";
/** Any port: others may be training on this machine. */
export const ANY_PORT = "--policy.actor_learner_config.learner_port=0";

/** What one check finds in a config with some values changed. */
export async function diagnose(
  check: Check,
  overrides: readonly string[] = [],
  path = STATE_PRESET,
): Promise<Finding[]> {
  const { findings } = await runDoctor(path, { overrides }, [check]);
  return findings.filter((finding) => finding.check === check.name).map(({ check: _, ...finding }) => finding);
}

/** Two scripted episodes of PandaPickCube at 10 Hz. */
export async function recordPickCube(root: string, { onlySuccessful = true } = {}): Promise<void> {
  const env = await makePandaEnv("PandaPickCube-v0", { maxEpisodeSteps: onlySuccessful ? 100 : 5 });
  const processedEnv = processSimulation(env);
  const features = recordingFeatures(processedEnv, "image");
  const recorder = await DatasetRecorder.create({ root, fps: 10, features });
  const teleoperators = [new ScriptedOperator(env, { mode: "demonstrate", seed: 2 })];
  const options = { processedEnv, teleoperators, recorder, episodes: 2, task: "lift", seed: 2, onlySuccessful };
  await recordDemonstrations(options);
  await recorder.close();
  await env.close();
}
