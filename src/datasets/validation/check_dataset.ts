/**
 * Checks a dataset's rows against its declarations. `handrail dataset validate`, the doctor and training all use this one
 * function, so that none of them accepts what another refuses.
 */

import type { Dataset } from "../dataset.ts";
import type { EpisodeRecord } from "../meta/episodes.ts";
import type { FrameTable } from "../schema/columns.ts";
import { checkDataFiles, checkEpisodeData } from "./data.ts";
import { checkMetadata } from "./metadata.ts";
import type { Problems } from "./problem.ts";
import { checkDecoding, checkVideos } from "./videos.ts";

export interface CheckDatasetOptions {
  /** Episodes whose rows and frames are checked. Default: all. Global metadata is always checked. */
  readonly episodes?: readonly EpisodeRecord[];
  /** Decode every video frame instead of the first and last of each episode. */
  readonly decodeAll?: boolean;
  /** Called with each episode's columns; undefined if they are unreadable. */
  readonly onEpisode?: (episode: EpisodeRecord, table: FrameTable | undefined) => void | Promise<void>;
}

/** Never throws for a damaged dataset: damage is reported in `problems`. */
export async function checkDataset(
  dataset: Dataset,
  problems: Problems,
  { episodes = dataset.episodes, decodeAll = false, onEpisode }: CheckDatasetOptions = {},
): Promise<void> {
  await checkMetadata(dataset, problems);
  await checkDataFiles(dataset, problems);
  await checkVideos(dataset, problems);
  for (const episode of episodes) {
    const table = await checkEpisodeData(dataset, episode, problems);
    await checkDecoding(dataset, episode, decodeAll, problems);
    await onEpisode?.(episode, table);
  }
}
