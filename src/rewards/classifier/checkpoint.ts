/** A classifier's folder, in LeRobot's layout, and beside it what Handrail found out about it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readConfigFile } from "../../config/load.ts";
import { parseConfig } from "../../config/parse.ts";
import type { DatasetStats } from "../../config/schema/features.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../utils/hub/hub.ts";
import {
  cameraFeatures,
  type RewardClassifierConfig,
  readClassifierConfig,
  writtenClassifierConfig,
} from "./config.ts";
import type { ClassifierParameters } from "./network.ts";
import { type ImageNormalization, imageNormalization, loadNormalization, saveProcessors } from "./normalization.ts";
import { statisticsAmongWeights, toStateDict } from "./parameters.ts";

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";
/** LeRobot refuses unknown keys in `config.json`, so these are in a file of their own. */
const DECISION_FILE = "handrail_decision.json";

const DecisionSchema = z.object({
  success_threshold: z.number().min(0).max(1),
  debounce: z.int().min(1),
});

/** When an episode counts as a success: chosen on held-out episodes. */
export type Decision = z.output<typeof DecisionSchema>;

export interface ClassifierCheckpoint {
  readonly folder: string;
  readonly config: RewardClassifierConfig;
  /** By any of LeRobot's names. */
  readonly weights: TensorRecord;
  /** As in training; undefined if nothing is saved about it. */
  readonly normalization: ImageNormalization | undefined;
  /** Where the normalisation was found. */
  readonly normalizedBy: string | undefined;
  readonly decision: Decision | undefined;
}

export type LoadCheckpointOptions = Omit<ResolvePretrainedOptions, "filenames"> & {
  /** Receives messages about content that is ignored. */
  readonly note?: (message: string) => void;
};

/**
 * Reads a classifier that Handrail or any version of LeRobot saved, from a folder or the Hub.
 *
 * @throws ConfigError for the config and the pipelines; Error for missing files.
 */
export async function loadCheckpoint(
  nameOrPath: string,
  { note, ...options }: LoadCheckpointOptions = {},
): Promise<ClassifierCheckpoint> {
  const folder = await resolvePretrained(nameOrPath, { ...options, filenames: [CONFIG_FILE, WEIGHTS_FILE] });
  const configFile = join(folder, CONFIG_FILE);
  const config = readClassifierConfig(await readConfigFile(configFile), configFile, note);
  const weights = (await loadSafetensors(join(folder, WEIGHTS_FILE))).tensors;
  const decision = await readDecision(folder);
  const saved = await loadNormalization(config, folder);
  if (saved !== undefined) {
    return { folder, config, weights, decision, normalization: saved, normalizedBy: "classifier_preprocessor.json" };
  }
  const old = statisticsAmongWeights(
    weights,
    cameraFeatures(config).map(([key]) => key),
  );
  if (Object.keys(old).length === 0) {
    return { folder, config, weights, decision, normalization: undefined, normalizedBy: undefined };
  }
  const normalization = imageNormalization(config, old);
  return { folder, config, weights, decision, normalization, normalizedBy: "the statistics among its weights" };
}

async function readDecision(folder: string): Promise<Decision | undefined> {
  const file = join(folder, DECISION_FILE);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  return text === undefined ? undefined : parseConfig(DecisionSchema, await readConfigFile(file), file);
}

export interface SavedClassifier {
  readonly config: RewardClassifierConfig;
  readonly parameters: ClassifierParameters;
  /** Statistics by camera, with which the images are normalised. */
  readonly statistics: DatasetStats;
  readonly decision?: Decision | undefined;
  /** Further entries of the decision's file: how it was found. */
  readonly measured?: object | undefined;
}

/** Writes a classifier into a folder, creating it if needed; every file atomically, the weights last. */
export async function saveCheckpoint(
  folder: string,
  { config, parameters, statistics, decision, measured }: SavedClassifier,
): Promise<void> {
  await makeFolder(folder);
  const write = (name: string, content: unknown) =>
    writeFileAtomic(join(folder, name), `${JSON.stringify(content, null, 4)}\n`);
  await write(CONFIG_FILE, writtenClassifierConfig(config));
  await saveProcessors(config, statistics, folder);
  if (decision !== undefined) await write(DECISION_FILE, { ...decision, ...measured });
  const { tensors, metadata } = toStateDict(parameters);
  await saveSafetensors(join(folder, WEIGHTS_FILE), tensors, metadata);
}
