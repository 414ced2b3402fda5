/**
 * Optimisers on disk as LeRobot keeps them: one folder for each, or none where an algorithm has a single one. Which it is
 * follows from the tensors' names (see `TrainingState`).
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingState } from "../../algorithms/algorithm.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { OPTIMIZER_STATE_FILE, PARAMETER_GROUPS_FILE } from "./layout.ts";

/** The optimiser's name up to the first slash, if there is one, and the tensor's name within it. */
const QUALIFIED_NAME = /^(?:([^/]+)\/)?(.+)$/s;

export async function saveOptimizers(folder: string, state: TrainingState): Promise<void> {
  const groups = new Map<string, Record<string, Tensor>>();
  for (const [qualified, tensor] of Object.entries(state.optimizers)) {
    const [, optimizer = "", name] = QUALIFIED_NAME.exec(qualified)!;
    const group = groups.get(optimizer) ?? {};
    group[name!] = tensor;
    groups.set(optimizer, group);
  }
  for (const [optimizer, tensors] of groups) {
    const own = join(folder, optimizer);
    await makeFolder(own);
    await saveSafetensors(join(own, OPTIMIZER_STATE_FILE), tensors);
    const settings = state.parameterGroups?.[optimizer];
    if (settings === undefined) continue;
    await writeFileAtomic(join(own, PARAMETER_GROUPS_FILE), `${JSON.stringify(settings, undefined, 4)}\n`);
  }
}

/** @param isPart Whether a file, by its path with slashes relative to `folder`, belongs to what was saved. */
export async function loadOptimizers(
  folder: string,
  isPart: (name: string) => boolean,
): Promise<TrainingState["optimizers"]> {
  const tensors: Record<string, Tensor> = {};
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const single = entry.name === OPTIMIZER_STATE_FILE;
    const file = single ? entry.name : `${entry.name}/${OPTIMIZER_STATE_FILE}`;
    if (!isPart(file)) continue;
    for (const [name, tensor] of Object.entries((await loadSafetensors(join(folder, file))).tensors)) {
      tensors[single ? name : `${entry.name}/${name}`] = tensor;
    }
  }
  return tensors;
}
