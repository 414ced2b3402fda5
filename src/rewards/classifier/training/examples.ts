/** Labelled images of a dataset, in memory. */
import type { Dataset } from "../../../datasets/dataset.ts";
import { isCamera } from "../../../datasets/schema/features.ts";
import { toChannelsFirst } from "../../../datasets/schema/image_layout.ts";
import { sizeOf } from "../../../tensor/shape.ts";
import { cameraFeatures, type RewardClassifierConfig } from "../config.ts";
import { datasetLabels, SUCCESS } from "./labels.ts";

export interface ExampleEpisode {
  /** Index in its dataset. */
  readonly index: number;
  /** Its frames are [from, to). */
  readonly from: number;
  readonly to: number;
  readonly isSuccess: boolean;
}

export interface Examples {
  /** Frames. */
  readonly length: number;
  readonly episodes: readonly ExampleEpisode[];
  /** Per frame: `FAILURE`, `SUCCESS` or `LEFT_OUT`. */
  readonly labels: Uint8Array;
  /** By camera, frames after frames: `[length, channels, height, width]`. */
  readonly images: Readonly<Record<string, Uint8Array>>;
}

/**
 * Reads episodes of a dataset.
 *
 * @param config Its cameras must be in the dataset, in their size.
 * @param onEpisode Called after each episode with their number so far.
 * @throws Error naming a camera that is missing or has another size.
 */
export async function readExamples(
  dataset: Dataset,
  config: RewardClassifierConfig,
  { episodes, onEpisode }: { readonly episodes: readonly number[]; readonly onEpisode?: (done: number) => void },
): Promise<Examples> {
  const cameras = cameraFeatures(config);
  for (const [key, shape] of cameras) assertCamera(dataset, key, shape);
  const known = await datasetLabels(dataset);
  const records = episodes.map((index) => dataset.episode(index));
  const length = records.reduce((sum, record) => sum + record.length, 0);
  const labels = new Uint8Array(length);
  const images = Object.fromEntries(cameras.map(([key, shape]) => [key, new Uint8Array(length * sizeOf(shape))]));
  const described: ExampleEpisode[] = [];
  let from = 0;
  for (const record of records) {
    const own = known[record.episodeIndex]!;
    labels.set(own, from);
    let frame = from;
    for await (const { values } of dataset.frames(record, { features: cameras.map(([key]) => key) })) {
      for (const [key, shape] of cameras) {
        const image = toChannelsFirst(values[key] as Uint8Array, dataset.imageSize(key));
        images[key]!.set(image, frame * sizeOf(shape));
      }
      frame += 1;
    }
    const to = from + record.length;
    described.push({ index: record.episodeIndex, from, to, isSuccess: own.includes(SUCCESS) });
    from = to;
    onEpisode?.(described.length);
  }
  return { length, episodes: described, labels, images };
}

function assertCamera(dataset: Dataset, key: string, shape: readonly number[]): void {
  const feature = dataset.features[key];
  if (feature === undefined || !isCamera(feature)) {
    const cameras = Object.keys(dataset.features).filter((name) => isCamera(dataset.features[name]!));
    throw new Error(`the dataset ${dataset.root} has no camera "${key}"; it has ${cameras.join(", ") || "none"}`);
  }
  const { channels, height, width } = dataset.imageSize(key);
  const stored = [channels, height, width];
  if (stored.join() === shape.join()) return;
  throw new Error(
    `"${key}" is ${stored.join(" × ")} in the dataset ${dataset.root}, the classifier takes ${shape.join(" × ")}: ` +
      "`handrail crop` writes the dataset in another size",
  );
}
