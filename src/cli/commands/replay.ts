/** `handrail replay`: executes a recorded episode's actions in an environment again. */
import { Command } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import { makeEnv } from "../../envs/make_env.ts";
import { replayEpisode } from "../../training/replay_episode.ts";
import { jsonObject, nonNegativeInteger } from "../arguments.ts";

interface ReplayOptions {
  readonly env: string;
  readonly envOptions: Record<string, unknown>;
  readonly episode: number;
  readonly seed?: number;
  readonly realTime?: boolean;
}

export function replayCommand(): Command {
  return new Command("replay")
    .description("execute a recorded episode's actions again")
    .argument("<folder>", "folder of the dataset")
    .option("--env <id>", "environment", "PandaPickCubeGamepad-v0")
    .option("--env-options <json>", "options of the environment", jsonObject, {})
    .option("--episode <n>", "which episode", nonNegativeInteger, 0)
    .option("--seed <n>", "seed of the environment's reset", nonNegativeInteger)
    .option("--real-time", "keep to the rate of the recording")
    .action(async (folder: string, options: ReplayOptions) => {
      const dataset = await Dataset.open(folder);
      const env = await makeEnv(options.env, options.envOptions);
      try {
        const result = await replayEpisode({
          ...{ dataset, env, episode: options.episode },
          ...(options.seed !== undefined && { reset: { seed: options.seed } }),
          ...(options.realTime && { pacingHz: dataset.info.fps }),
        });
        const recorded = result.recordedReward === undefined ? "" : `; recorded ${result.recordedReward}`;
        console.log(`${result.steps} of ${result.frames} actions executed, reward ${result.totalReward}${recorded}`);
      } finally {
        await env.close();
        await dataset.close();
      }
    });
}
