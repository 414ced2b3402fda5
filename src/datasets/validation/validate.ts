/** Checks a dataset against the format and reports every violation by file, row and field. */

import { Dataset } from "../dataset.ts";
import { readEpisodeStatistics } from "../meta/episodes.ts";
import { type DatasetStatistics, mergeDatasetStatistics } from "../statistics/feature_statistics.ts";
import { checkDataset } from "./check_dataset.ts";
import { type Problem, Problems } from "./problem.ts";
import { checkDatasetStatistics, checkEpisodeStatistics } from "./statistics.ts";

export interface ValidateOptions {
  /** Decode every video frame instead of the first and last of each episode. */
  readonly decodeAll?: boolean;
  /** Called after each episode with the number of checked episodes. */
  readonly onProgress?: (episodes: number, total: number) => void;
}

export interface ValidationReport {
  readonly episodes: number;
  readonly frames: number;
  /** Empty for a valid dataset. With only warnings it can be trained on. */
  readonly problems: readonly Problem[];
}

/** Never throws for a damaged dataset: the damage is in the report. */
export async function validateDataset(root: string, options: ValidateOptions = {}): Promise<ValidationReport> {
  const problems = new Problems();
  const dataset = await problems.try(root, () => Dataset.open(root));
  if (!dataset) return { episodes: 0, frames: 0, problems: problems.list };
  try {
    const readStored = () =>
      readEpisodeStatistics(root, dataset.features, ({ location, problem }) => problems.warn(location, problem));
    const stored = await problems.try("meta/episodes", readStored, "warning");
    let merged: DatasetStatistics | undefined;
    await checkDataset(dataset, problems, {
      ...(options.decodeAll !== undefined && { decodeAll: options.decodeAll }),
      onEpisode: async ({ episodeIndex: row }, table) => {
        const statistics = stored?.[row];
        const check = async () => {
          if (table) checkEpisodeStatistics(dataset, row, table, statistics, problems);
          if (statistics) merged = mergeDatasetStatistics(merged, statistics);
        };
        await problems.try("meta/episodes", check, "warning");
        options.onProgress?.(row + 1, dataset.episodes.length);
      },
    });
    await checkDatasetStatistics(dataset, merged, problems);
    return { episodes: dataset.episodes.length, frames: dataset.length, problems: problems.list };
  } finally {
    await dataset.close();
  }
}
