/** The dataset of a config as a source of batches, for a run without actors. */
import type { DataSpec } from "../../algorithms/data_spec.ts";
import { DatasetSource } from "../../data/sources/dataset/dataset_source.ts";
import { Dataset } from "../../datasets/dataset.ts";
import { resolveDataset } from "../../datasets/location.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import type { Random } from "../../tensor/random.ts";
import { assertTrainable } from "./load_demonstrations.ts";

export interface OpenDatasetSourceOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly spec: DataSpec;
  /** Shuffles. */
  readonly random: Random;
  readonly warn: (message: string) => void;
}

/** @throws Error when there is no dataset, it is damaged, or it does not fit the policy. */
export async function openDatasetSource(options: OpenDatasetSourceOptions): Promise<DatasetSource> {
  const { config, spec, random, warn } = options;
  if (config.dataset === null) {
    throw new Error("dataset is null: a run without actors has nothing else to learn from");
  }
  const { repo_id, root, revision } = config.dataset;
  const dataset = await Dataset.open(await resolveDataset({ repoId: repo_id, root, revision }));
  try {
    const { episodes } = await assertTrainable(dataset, { dataset: config.dataset, warn });
    const { rename_map: renameMap, batch_size: batchSize } = config;
    const features = replayFeaturesOf(config);
    return await DatasetSource.open({ dataset, name: repo_id, features, renameMap, episodes, batchSize, spec, random });
  } catch (error) {
    await dataset.close();
    throw error;
  }
}
