/** A policy on disk: `config.json` and `model.safetensors`, in LeRobot's layout. */
import { join } from "node:path";
import { saveSafetensors } from "../tensor/safetensors/file.ts";
import type { Metadata, TensorRecord } from "../tensor/safetensors/layout.ts";
import { makeFolder } from "../utils/files/make_folder.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import type { PolicyConfig } from "./policy.ts";

export const CONFIG_FILE = "config.json";
export const WEIGHTS_FILE = "model.safetensors";

/** Writes both, each atomically. */
export async function writePretrained(
  folder: string,
  config: PolicyConfig,
  weights: TensorRecord,
  metadata: Metadata,
): Promise<void> {
  await makeFolder(folder);
  await writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 4)}\n`);
  await saveSafetensors(join(folder, WEIGHTS_FILE), weights, metadata);
}
