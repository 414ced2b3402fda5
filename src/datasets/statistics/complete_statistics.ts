/** The statistics of a dataset that is appended to: those of every episode, even if the file lacks some. */
import { Dataset } from "../dataset.ts";
import { readEpisodeStatistics } from "../meta/episodes.ts";
import { elementCount, type Feature, imageSize, isCamera } from "../schema/features.ts";
import { CameraStatistics } from "./camera_statistics.ts";
import { embeddedImageStatistics, tableStatistics } from "./episode_statistics.ts";
import { type DatasetStatistics, type FeatureStatistics, mergeStatistics } from "./feature_statistics.ts";

/**
 * Takes each feature's statistics from `meta/stats.json` if it covers every episode, else from the episodes' own, else from
 * the data.
 * @returns undefined for a dataset without episodes.
 * @throws DatasetError if required data is unreadable.
 */
export async function completeStatistics(root: string): Promise<DatasetStatistics | undefined> {
  const dataset = await Dataset.open(root);
  try {
    if (dataset.episodes.length === 0) return undefined;
    const stored = (await dataset.statistics()) ?? {};
    let perEpisode: readonly DatasetStatistics[] | undefined;
    const complete: Record<string, FeatureStatistics> = {};
    for (const [key, feature] of Object.entries(dataset.features)) {
      if (feature.dtype === "string" || feature.dtype === "language") continue;
      const whole = stored[key];
      const covers = whole !== undefined && (isCamera(feature) || whole.count === dataset.length);
      if (covers && fits(key, feature, whole)) {
        complete[key] = whole;
        continue;
      }
      perEpisode ??= await readEpisodeStatistics(root, dataset.features);
      const parts = perEpisode.map((statistics) => statistics[key]);
      if (parts.length === dataset.episodes.length && parts.every((part) => part && fits(key, feature, part))) {
        complete[key] = parts.map((part) => part!).reduce(mergeStatistics);
      } else complete[key] = await computed(dataset, key, feature);
    }
    return complete;
  } finally {
    await dataset.close();
  }
}

function fits(key: string, feature: Feature, { mean }: FeatureStatistics): boolean {
  return mean.length === (isCamera(feature) ? imageSize(key, feature).channels : elementCount(feature.shape));
}

async function computed(dataset: Dataset, key: string, feature: Feature): Promise<FeatureStatistics> {
  const parts: FeatureStatistics[] = [];
  for (const episode of dataset.episodes) {
    if (feature.dtype === "video") {
      const statistics = new CameraStatistics(imageSize(key, feature));
      for await (const { values } of dataset.frames(episode, { features: [key] })) {
        statistics.add(values[key] as Uint8Array);
      }
      parts.push(statistics.finish());
    } else {
      const table = await dataset.readTable(episode, [key]);
      const found = { ...tableStatistics(table), ...embeddedImageStatistics(table, dataset.features) };
      parts.push(found[key]!);
    }
  }
  return parts.reduce(mergeStatistics);
}
