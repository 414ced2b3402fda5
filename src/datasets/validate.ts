/** Checks a dataset against the format and explains every violation by file, row and field. */
import { Dataset } from "./dataset.ts";
import { readEpisodeStatistics } from "./episodes.ts";
import { type DatasetStatistics, mergeDatasetStatistics } from "./statistics/feature_statistics.ts";
import { checkDataFiles, checkEpisodeData } from "./validation/data.ts";
import { checkMetadata } from "./validation/metadata.ts";
import { type Problem, Problems } from "./validation/problem.ts";
import { checkDatasetStatistics, checkEpisodeStatistics } from "./validation/statistics.ts";
import { checkDecoding, checkVideos } from "./validation/videos.ts";

export interface ValidateOptions {
  /** Decode every video frame instead of the first and last of each episode. */
  readonly decodeAll?: boolean;
  /** Called after each episode with how many are done. */
  readonly onProgress?: (episodes: number, total: number) => void;
}

export interface ValidationReport {
  readonly episodes: number;
  readonly frames: number;
  /** Empty for a valid dataset. */
  readonly problems: readonly Problem[];
}

/** Never throws for a damaged dataset: the damage is in the report. */
export async function validateDataset(root: string, options: ValidateOptions = {}): Promise<ValidationReport> {
  const problems = new Problems();
  const dataset = await problems.try(root, () => Dataset.open(root));
  if (!dataset) return { episodes: 0, frames: 0, problems: problems.list };
  try {
    await checkMetadata(dataset, problems);
    await checkDataFiles(dataset, problems);
    await checkVideos(dataset, problems);
    const stored = await problems.try("meta/episodes", () => readEpisodeStatistics(root, dataset.features));
    let merged: DatasetStatistics | undefined;
    for (const episode of dataset.episodes) {
      const row = episode.episodeIndex;
      const table = await checkEpisodeData(dataset, episode, problems);
      await checkDecoding(dataset, episode, options.decodeAll ?? false, problems);
      const statistics = stored?.[row];
      if (table) {
        await problems.try("meta/episodes", async () =>
          checkEpisodeStatistics(dataset, row, table, statistics, problems),
        );
      }
      if (statistics) merged = mergeDatasetStatistics(merged, statistics);
      options.onProgress?.(row + 1, dataset.episodes.length);
    }
    await checkDatasetStatistics(dataset, merged, problems);
    return { episodes: dataset.episodes.length, frames: dataset.length, problems: problems.list };
  } finally {
    await dataset.close();
  }
}
