/** Algorithms on disk: `config.json` and `model.safetensors`, as LeRobot keeps them in a checkpoint's `algorithm/`. */
import { join } from "node:path";
import { readConfigFile } from "../config/load.ts";
import { parseConfig } from "../config/parse.ts";
import type { Policy } from "../policies/policy.ts";
import { loadSafetensors, saveSafetensors } from "../tensor/safetensors/file.ts";
import { makeFolder } from "../utils/files/make_folder.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../utils/hub/hub.ts";
import type { RLAlgorithm } from "./algorithm.ts";
import { algorithmConfigs } from "./config.ts";
import { type AlgorithmOptions, makeAlgorithm } from "./registry.ts";

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";

/** Writes the algorithm's config and its trained state besides the policy, each file atomically. */
export async function savePretrained(algorithm: RLAlgorithm, folder: string): Promise<void> {
  await makeFolder(folder);
  await writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(algorithm.config, null, 4)}\n`);
  await saveSafetensors(join(folder, WEIGHTS_FILE), algorithm.stateDict(), { format: "pt" });
}

/**
 * Reads an algorithm from a folder or the Hub; the cache comes first.
 *
 * @param policy The policy to train, with its weights loaded.
 * @throws ConfigError for the config; Error listing every missing, unexpected or misshapen tensor.
 */
export async function fromPretrained(
  nameOrPath: string,
  policy: Policy,
  options: AlgorithmOptions & Omit<ResolvePretrainedOptions, "filenames"> = {},
): Promise<RLAlgorithm> {
  const folder = await resolvePretrained(nameOrPath, { ...options, filenames: [CONFIG_FILE, WEIGHTS_FILE] });
  const configFile = join(folder, CONFIG_FILE);
  const config = parseConfig(algorithmConfigs.schema, await readConfigFile(configFile), configFile);
  const algorithm = makeAlgorithm(config, policy, options);
  algorithm.loadStateDict((await loadSafetensors(join(folder, WEIGHTS_FILE))).tensors);
  return algorithm;
}
