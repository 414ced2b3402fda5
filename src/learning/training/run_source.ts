/** Opens a run's source of batches: its replay buffers, or a dataset for a run without actors. */
import type { BatchSource } from "../../data/batch_source.ts";
import { makeMixer } from "../../data/mixers.ts";
import type { Random } from "../../tensor/random.ts";
import type { TrainingCheckpoint } from "../checkpoints/contents.ts";
import type { LearnerBuffers } from "./new_run.ts";

/** The buffers of a run with actors. */
export function buffersOf({ buffers }: TrainingCheckpoint): LearnerBuffers | undefined {
  const { online, offline } = buffers;
  return online && offline && { online, offline };
}

/** Closes the source again where nothing can be made of it. */
export async function withSource<T>(
  run: TrainingCheckpoint,
  random: Random,
  warn: (message: string) => void,
  make: (source: BatchSource) => T,
): Promise<T> {
  const source = await openSource(run, random, warn);
  try {
    return make(source);
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

/** @param random Shuffles a dataset; a restored source continues with its own saved state. */
async function openSource(
  run: TrainingCheckpoint,
  random: Random,
  warn: (message: string) => void,
): Promise<BatchSource> {
  const { trainConfig: config, algorithm } = run;
  const dataSpec = algorithm.dataSpec ?? {};
  const buffers = buffersOf(run);
  if (buffers !== undefined) {
    const { mixer, batch_size: batchSize, online_ratio: onlineRatio } = config;
    const { online, offline } = buffers;
    return makeMixer(mixer, {
      ...{ online: online.source, offline: offline.source },
      ...{ batchSize, onlineRatio, dataSpec, warn },
    });
  }
  // Here: the readers of datasets are not loaded by programs that have none.
  const { openDatasetSource } = await import("../demonstrations/open_dataset_source.ts");
  return await openDatasetSource({ config, spec: dataSpec, random: random.fork(), warn });
}
