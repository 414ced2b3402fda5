/** `handrail plot`: draws the curves of a run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import { DEFAULT_WINDOW_EPISODES, writeRunPlots } from "../../metrics/index.ts";
import { positiveInteger } from "../arguments.ts";

interface PlotCommandOptions {
  readonly png?: boolean;
  readonly window: number;
}

export function plotCommand(): Command {
  return new Command("plot")
    .description("draw the curves of a finished or running run into <folder>/plots")
    .argument("<folder>", "the run's output_dir")
    .option("--png", "also write PNG pictures")
    .option("--window <episodes>", "episodes of moving shares and means", positiveInteger, DEFAULT_WINDOW_EPISODES)
    .action(async (folder: string, options: PlotCommandOptions) => {
      const demonstrationLength = await meanEpisodeLength(join(folder, "demonstrations"));
      for (const path of await writeRunPlots(folder, { ...options, demonstrationLength })) console.log(path);
    });
}

/** Steps; undefined where the run recorded no demonstrations. */
async function meanEpisodeLength(folder: string): Promise<number | undefined> {
  if (!existsSync(folder)) return undefined;
  const dataset = await Dataset.open(folder);
  const { total_frames, total_episodes } = dataset.info;
  await dataset.close();
  return total_episodes === 0 ? undefined : total_frames / total_episodes;
}
