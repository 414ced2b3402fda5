/** `handrail replay`: executes a recorded episode's actions in an environment again. */
import { Command } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import { replayEpisode } from "../../training/replay_episode.ts";
import { nonNegativeInteger } from "../arguments.ts";
import { addEnvOptions, type EnvOptions, makeChosenEnv } from "../env_options.ts";

interface ReplayOptions extends EnvOptions {
  readonly episode: number;
  readonly seed?: number;
  readonly realTime?: boolean;
}

export function replayCommand(): Command {
  const command = new Command("replay")
    .description("execute a recorded episode's actions again, through the action pipeline")
    .argument("<folder>", "folder of the dataset");
  return addEnvOptions(command)
    .option("--episode <n>", "which episode", nonNegativeInteger, 0)
    .option("--seed <n>", "seed of the environment's reset", nonNegativeInteger)
    .option("--real-time", "keep to the rate of the recording")
    .addHelpText("after", "\nExample:\n  handrail replay demos --config configs/pick_cube.json --episode 3 --real-time")
    .action(replay);
}

async function replay(folder: string, overrides: string[], options: ReplayOptions): Promise<void> {
  const dataset = await Dataset.open(folder);
  try {
    const { processedEnv } = await makeChosenEnv(overrides, options);
    try {
      const result = await replayEpisode({
        ...{ dataset, processedEnv, episode: options.episode },
        ...(options.seed !== undefined && { seed: options.seed }),
        ...(options.realTime && { pacingHz: dataset.info.fps }),
      });
      const recorded = result.recordedReward === undefined ? "" : `; recorded ${result.recordedReward}`;
      console.log(`${result.steps} of ${result.frames} actions executed, reward ${result.totalReward}${recorded}`);
    } finally {
      await processedEnv.env.close();
    }
  } finally {
    await dataset.close();
  }
}
