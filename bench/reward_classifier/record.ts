/** Records episodes of the simulated pick-cube task with cameras, successes and failures that look like them. */
import { DatasetRecorder } from "../../src/datasets/writing/dataset_recorder.ts";
import { closeProcessedEnv } from "../../src/envs/processed_env.ts";
import { recordDemonstrations } from "../../src/rollout/recording/record_demonstrations.ts";
import { recordingFeatures } from "../../src/rollout/recording/recording.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { type Behaviour, ClumsyOperator } from "./clumsy_operator.ts";

/** Half of the episodes succeed. */
const BEHAVIOURS: readonly Behaviour[] = ["lift", "low", "lift", "drop", "lift", "miss", "lift", "hover"];
const SECONDS = 6;

export async function recordEpisodes(root: string, episodes: number, seed: number): Promise<void> {
  const config = await loadTrainingConfig("configs/pick_cube_pixels.json", {
    overrides: [
      "--env.processor.reset.terminate_on_success=false",
      `--env.processor.reset.control_time_s=${SECONDS}`,
      '--handrail.environment={"random_block_position":true}',
    ],
  });
  const processedEnv = await makeProcessedEnv(config);
  const recorder = await DatasetRecorder.create({
    root,
    fps: 10,
    features: recordingFeatures(processedEnv, "image"),
    robotType: processedEnv.env.id,
  });
  try {
    const teleoperators = [new ClumsyOperator(processedEnv.scene!, BEHAVIOURS, seed)];
    await recordDemonstrations({ processedEnv, recorder, teleoperators, episodes, seed, task: "pick up the cube" });
  } finally {
    await recorder.close();
    await closeProcessedEnv(processedEnv);
  }
}
