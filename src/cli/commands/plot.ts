/** `handrail plot`: draws the curves of a run. */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { Command } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import { comparisonPlot, DEFAULT_WINDOW_EPISODES, readRunHistory, writeRunPlots } from "../../metrics/index.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { positiveInteger } from "../options/arguments.ts";
import { terminal } from "../terminal/terminal.ts";

interface PlotCommandOptions {
  readonly png?: boolean;
  readonly window: number;
  readonly compare?: string;
  readonly title: string;
}

export function plotCommand(): Command {
  return new Command("plot")
    .description("draw the curves of finished or running runs into <folder>/plots")
    .argument("<folders...>", "the output_dir of each run")
    .option("--png", "also write PNG pictures")
    .option("--window <episodes>", "episodes of moving shares and means", positiveInteger, DEFAULT_WINDOW_EPISODES)
    .option("--compare <file.svg>", "instead draw all runs into one picture, a line for each")
    .option("--title <text>", "title of the comparison", "Runs compared")
    .action(async (folders: string[], options: PlotCommandOptions) => {
      if (options.compare !== undefined) return compare(folders, options.compare, options);
      for (const folder of folders) {
        const demonstrationLength = await meanEpisodeLength(join(folder, "demonstrations"));
        const written = await writeRunPlots(folder, { ...options, demonstrationLength, warn });
        for (const path of written) terminal.result(path);
      }
    });
}

async function compare(
  folders: readonly string[],
  target: string,
  { title, window }: PlotCommandOptions,
): Promise<void> {
  const runs = [];
  for (const folder of folders)
    runs.push({ name: basename(resolve(folder)), history: await readRunHistory(folder, warn) });
  await writeFileAtomic(target, comparisonPlot(runs, { title, window }));
  terminal.result(target);
}

function warn(message: string): void {
  terminal.print(`warn: ${message}`);
}

/** In steps; undefined if the run recorded no demonstrations. */
async function meanEpisodeLength(folder: string): Promise<number | undefined> {
  if (!existsSync(folder)) return undefined;
  const dataset = await Dataset.open(folder);
  const { total_frames, total_episodes } = dataset.info;
  await dataset.close();
  return total_episodes === 0 ? undefined : total_frames / total_episodes;
}
