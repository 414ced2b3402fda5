/** Weights of a pretrained image encoder. */
import { join } from "node:path";
import { type nn, type Tensor, treeFromNames } from "../tensor/index.ts";
import { loadSafetensors } from "../tensor/safetensors/file.ts";
import { resolvePretrained } from "../utils/hub/hub.ts";

const WEIGHTS_FILE = "model.safetensors";

/**
 * Reads an encoder's weights from `model.safetensors` in a folder or a Hub repository.
 *
 * @param like Parameters of the expected form.
 * @throws Error for a folder or repository that does not exist; Error listing every missing, unexpected or misshapen tensor.
 */
export async function loadBackbone(nameOrPath: string, like: nn.Parameters): Promise<nn.Parameters> {
  const file = join(await resolvePretrained(nameOrPath, { filenames: [WEIGHTS_FILE] }), WEIGHTS_FILE);
  const { tensors } = await loadSafetensors(file);
  return treeFromNames<nn.Parameters, Tensor, Tensor>(like, new Map(Object.entries(tensors)), file);
}
