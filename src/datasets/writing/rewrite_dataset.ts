/**
 * Rewrites a dataset in another form: cameras as video or embedded images, another codec, other file sizes, fewer episodes,
 * edited images. Frames stream through; memory stays at one episode's numbers and one frame's images.
 */
import { Dataset, type DatasetFrame } from "../dataset.ts";
import { cameraFeature, cameraKeys, type Features, type ImageSize, INDEX_FEATURES } from "../schema/features.ts";
import { DatasetWriter } from "./dataset_writer.ts";
import type { CreateDatasetOptions } from "./dataset_writer_options.ts";
import type { FrameInput, FrameValue } from "./frame_input.ts";

/** Edits one camera's frames, height × width × channels. */
export interface ImageEdit {
  /** Size of the edited frames. */
  readonly size: ImageSize;
  apply(pixels: Uint8Array): Uint8Array;
}

export interface RewriteDatasetOptions
  extends Pick<CreateDatasetOptions, "videoCodec" | "dataFileSizeLimitMib" | "videoFileSizeLimitMib" | "chunksSize"> {
  /** Folder of the new dataset. */
  readonly root: string;
  /** Storage of cameras. Default: unchanged. */
  readonly cameras?: "image" | "video";
  /** Episodes to write, renumbered. Default: all. */
  readonly episodes?: readonly number[];
  /** Edits by camera. */
  readonly edits?: Readonly<Record<string, ImageEdit>>;
  readonly onEpisode?: (done: number, total: number) => void;
}

/** Cameras get the real size of their frames. @throws Error for an edit of an unknown camera, and errors of reading or writing. */
export async function rewriteDataset(source: string, options: RewriteDatasetOptions): Promise<void> {
  const { root, cameras, edits = {}, onEpisode, episodes: selected, ...limits } = options;
  const dataset = await Dataset.open(source, { actualSizes: true });
  try {
    const known = cameraKeys(dataset.features);
    for (const key of Object.keys(edits)) {
      if (!known.includes(key))
        throw new Error(`the dataset has no camera "${key}"; found: ${known.join(", ") || "none"}`);
    }
    const { fps, robot_type: robotType } = dataset.info;
    const writer = await DatasetWriter.create({
      root,
      fps,
      flush: "close",
      features: rewrittenFeatures(dataset, cameras, edits),
      ...limits,
      ...(robotType !== null && { robotType }),
    });
    const starts = await dataset.episodeStarts();
    const episodes = selected?.map((index) => dataset.episode(index)) ?? dataset.episodes;
    try {
      for (const [i, episode] of episodes.entries()) {
        for await (const frame of dataset.frames(episode)) await writer.addFrame(edited(frame, edits), frame.task);
        await writer.saveEpisode({ start: starts?.[episode.episodeIndex] ?? undefined });
        onEpisode?.(i + 1, episodes.length);
      }
    } catch (error) {
      await writer.discardEpisode();
      throw error;
    } finally {
      await writer.close();
    }
  } finally {
    await dataset.close();
  }
}

function rewrittenFeatures(
  dataset: Dataset,
  cameras: "image" | "video" | undefined,
  edits: Readonly<Record<string, ImageEdit>>,
): Features {
  const entries = Object.entries(dataset.features).filter(([key]) => !(key in INDEX_FEATURES));
  return Object.fromEntries(
    entries.map(([key, feature]) => {
      if (feature.dtype !== "image" && feature.dtype !== "video") return [key, feature];
      return [key, cameraFeature(cameras ?? feature.dtype, edits[key]?.size ?? dataset.imageSize(key))];
    }),
  );
}

function edited({ values }: DatasetFrame, edits: Readonly<Record<string, ImageEdit>>): FrameInput {
  const frame: Record<string, FrameValue> = {};
  for (const [key, value] of Object.entries(values)) {
    if (Array.isArray(value)) throw new Error(`feature "${key}": lists of values cannot be written`);
    frame[key] = edits[key]?.apply(value as Uint8Array) ?? (value as FrameValue);
  }
  return frame;
}
