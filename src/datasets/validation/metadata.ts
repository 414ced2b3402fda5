/** Checks `meta/`: counters, tasks, and that the episodes tile the dataset without gaps. */
import type { Dataset } from "../dataset.ts";
import type { DatasetError } from "../errors.ts";
import { listChunkFiles } from "../meta/episodes.ts";
import { EPISODE_STARTS_PATH, EPISODES_PATH, filePath, INFO_PATH, STATS_PATH, TASKS_PATH } from "../meta/paths.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import { INDEX_FEATURES } from "../schema/features.ts";
import type { Problems } from "./problem.ts";

export async function checkMetadata(dataset: Dataset, problems: Problems): Promise<void> {
  checkInfo(dataset, problems);
  checkEpisodes(dataset, problems);
  await checkEpisodeFiles(dataset, problems);
  if (dataset.episodes.length > 0) {
    await problems.try(TASKS_PATH, () => checkTaskIndex(dataset.root, problems), "warning");
  }
  // Readers ignore unreadable statistics.
  const warn = ({ location, problem }: DatasetError) => problems.warn(location, problem);
  await problems.try(STATS_PATH, () => dataset.statistics(warn), "warning");
  await problems.try(EPISODE_STARTS_PATH, () => checkEpisodeStarts(dataset, problems), "warning");
}

/** Training does not use the file, so problems with it are warnings. */
async function checkEpisodeStarts(dataset: Dataset, problems: Problems): Promise<void> {
  const starts = await dataset.episodeStarts();
  const [known, there] = [starts?.length ?? 0, dataset.episodes.length];
  if (starts === undefined || known === there) return;
  const message = `has the starts of ${known} episodes, but the dataset has ${there}: the others cannot be replayed from their starts`;
  problems.warn({ file: EPISODE_STARTS_PATH }, message);
}

function checkInfo({ info, episodes, tasks, length }: Dataset, problems: Problems): void {
  if (episodes.length === 0) problems.add({ file: "meta/episodes" }, "lists no episode: nothing can be trained on it");
  const expect = (field: string, stored: unknown, found: unknown) => {
    if (stored !== found) problems.add({ file: INFO_PATH, field }, `is ${stored}, but the dataset has ${found}`);
  };
  expect("total_episodes", info.total_episodes, episodes.length);
  expect("total_frames", info.total_frames, length);
  if (info.total_tasks !== tasks.length) {
    const message = `is ${info.total_tasks}, but the dataset has ${tasks.length}`;
    problems.warn({ file: INFO_PATH, field: "total_tasks" }, message);
  }
  for (const [key, feature] of Object.entries(INDEX_FEATURES)) {
    if (info.features[key]?.dtype === feature.dtype) continue;
    problems.add({ file: INFO_PATH, field: `features.${key}` }, `is missing; its dtype is ${feature.dtype}`);
  }
  for (const key of Object.keys(info.features)) {
    if (key.includes("/")) problems.add({ file: INFO_PATH, field: `features.${key}` }, 'must not contain "/"');
  }
}

function checkEpisodes({ episodes, tasks }: Dataset, problems: Problems): void {
  const known = new Set(tasks);
  episodes.forEach((episode, row) => {
    const at = (field: string) => ({ file: "meta/episodes", field, row });
    const start = episodes[row - 1]?.toIndex ?? 0;
    if (episode.length < 1) problems.add(at("length"), "an episode needs at least one frame");
    if (episode.fromIndex !== start) {
      problems.add(at("dataset_from_index"), `expected ${start}, where the previous episode ends`);
    }
    if (episode.toIndex - episode.fromIndex !== episode.length) {
      problems.add(
        at("dataset_to_index"),
        `expected ${episode.fromIndex + episode.length} for ${episode.length} frames`,
      );
    }
    const strange = episode.tasks.find((task) => !known.has(task));
    if (strange !== undefined) problems.warn(at("tasks"), `"${strange}" is not in ${TASKS_PATH}`);
  });
}

/** Checks the file numbers in every row. */
async function checkEpisodeFiles({ root }: Dataset, problems: Problems): Promise<void> {
  for (const path of await listChunkFiles(root, "meta/episodes")) {
    const check = async () => {
      const file = await ParquetFile.open(root, path);
      try {
        const [chunks, files] = [
          await file.readRaw("meta/episodes/chunk_index"),
          await file.readRaw("meta/episodes/file_index"),
        ];
        chunks.forEach((chunk, row) => {
          const claimed = filePath(EPISODES_PATH, { chunk: Number(chunk), file: Number(files[row]) });
          if (claimed !== path)
            problems.warn({ file: path, row, field: "meta/episodes/file_index" }, `says ${claimed}`);
        });
      } finally {
        await file.close();
      }
    };
    await problems.try(path, check, "warning");
  }
}

async function checkTaskIndex(root: string, problems: Problems): Promise<void> {
  const file = await ParquetFile.open(root, TASKS_PATH);
  try {
    const pandas = file.metadata.key_value_metadata?.find(({ key }) => key === "pandas")?.value;
    const columns = pandas ? (JSON.parse(pandas) as { index_columns?: unknown[] }).index_columns : undefined;
    const label = columns?.[0];
    if (label === "task" || label === "__index_level_0__") return;
    problems.warn({ file: TASKS_PATH }, "has no pandas index of the task texts, so Python cannot look tasks up");
  } finally {
    await file.close();
  }
}
