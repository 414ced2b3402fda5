/** From a recorded dataset to a saved classifier. */

import { parseConfig } from "../../../config/parse.ts";
import type { Dataset } from "../../../datasets/dataset.ts";
import { cameraKeys } from "../../../datasets/schema/features.ts";
import { Random } from "../../../tensor/random.ts";
import { saveCheckpoint } from "../checkpoint.ts";
import { type RewardClassifierConfig, RewardClassifierConfigSchema } from "../config.ts";
import { cameraStatistics } from "../normalization.ts";
import { readExamples } from "./examples.ts";
import { datasetLabels, SUCCESS } from "./labels.ts";
import { type Split, splitEpisodes } from "./split.ts";
import { type TrainClassifierOptions, type TrainedClassifier, trainClassifier } from "./train_classifier.ts";

export interface TrainOnDatasetOptions extends Omit<TrainClassifierOptions, "config" | "training" | "heldOut"> {
  /** Settings of the classifier under LeRobot's keys. Default of `input_features`: the dataset's cameras. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Share of the episodes that are held out. Default: 0.2. */
  readonly heldOutShare?: number;
  /** Called while episodes are read. */
  readonly onRead?: (done: number, total: number) => void;
}

export interface TrainedOnDataset extends TrainedClassifier {
  readonly config: RewardClassifierConfig;
  readonly split: Split;
}

/** The classifier's config for a dataset. @throws ConfigError */
export function classifierConfigFor(
  dataset: Dataset,
  values: Readonly<Record<string, unknown>> = {},
): RewardClassifierConfig {
  const cameras = cameraKeys(dataset.features).map((key) => {
    const { channels, height, width } = dataset.imageSize(key);
    return [key, { type: "VISUAL", shape: [channels, height, width] }] as const;
  });
  return parseConfig(RewardClassifierConfigSchema, { input_features: Object.fromEntries(cameras), ...values });
}

/**
 * Trains on a share of the episodes, chooses the decision on the others, and writes the classifier into a folder.
 *
 * @throws ConfigError; Error for a dataset without the cameras, without labels or without success; the signal's reason.
 */
export async function trainOnDataset(
  dataset: Dataset,
  folder: string,
  { config: values, heldOutShare = 0.2, onRead, ...options }: TrainOnDatasetOptions = {},
): Promise<TrainedOnDataset> {
  const config = classifierConfigFor(dataset, values);
  const { seed = 0 } = options;
  const isSuccess = (await datasetLabels(dataset)).map((labels) => labels.includes(SUCCESS));
  const split = splitEpisodes(isSuccess, heldOutShare, new Random(seed));
  const total = dataset.episodes.length;
  const read = (episodes: readonly number[], before: number) =>
    readExamples(dataset, config, { episodes, onEpisode: (done) => onRead?.(before + done, total) });
  const training = await read(split.training, 0);
  const heldOut = await read(split.heldOut, split.training.length);
  const trained = await trainClassifier({ ...options, config, training, heldOut });
  await saveCheckpoint(folder, {
    config,
    parameters: trained.parameters,
    statistics: cameraStatistics(config),
    decision: trained.decision,
    measured: { held_out: trained.metrics, held_out_episodes: split.heldOut, step: trained.bestStep, seed },
  });
  return { ...trained, config, split };
}
