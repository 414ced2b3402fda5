/** The classifier's tensor names in LeRobot's files. */
import { flattenTree, type Tensor, type Tree, treeFromNames } from "../../tensor/index.ts";
import type { Metadata, TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { ClassifierParameters } from "./network.ts";

const ENCODER = "encoder.";

/** The other names of a tensor of the encoder: LeRobot's module tree reaches it through every camera, too. */
function aliasesOf(name: string, cameras: readonly string[]): string[] {
  if (!name.startsWith(ENCODER)) return [];
  return cameras.map((camera) => `encoders.${camera}.0.${name.slice(ENCODER.length)}`);
}

/** Tensors by LeRobot's names, each once. `metadata` maps the aliases to the stored names. */
export function toStateDict(parameters: ClassifierParameters): {
  readonly tensors: TensorRecord;
  readonly metadata: Metadata;
} {
  const cameras = Object.keys(parameters.encoders);
  const tensors: Record<string, Tensor> = {};
  const metadata: Record<string, string> = { format: "pt" };
  for (const [name, tensor] of flattenTree<Tensor>(parameters as Tree<Tensor>)) {
    tensors[name] = tensor;
    for (const alias of aliasesOf(name, cameras)) metadata[alias] = name;
  }
  return { tensors, metadata };
}

/**
 * Parameters from a state dict under any of their names. Statistics that files of 2025 and older have among the weights
 * are passed over.
 *
 * @param like Parameters of the expected form.
 * @throws Error listing every missing, unexpected or misshapen tensor.
 */
export function fromStateDict(given: TensorRecord, like: ClassifierParameters, source: string): ClassifierParameters {
  const cameras = Object.keys(like.encoders);
  const remaining = new Set(Object.keys(given).filter((name) => !STATISTICS.test(name)));
  const found = new Map<string, Tensor>();
  const problems: string[] = [];
  for (const [name, expected] of flattenTree<Tensor>(like as Tree<Tensor>)) {
    const present = [name, ...aliasesOf(name, cameras)].filter((each) => given[each] !== undefined);
    for (const each of present) remaining.delete(each);
    const tensor = given[present[0] ?? ""];
    if (tensor === undefined) problems.push(`missing: ${name}`);
    else if (tensor.dtype !== "float32" || tensor.shape.join() !== expected.shape.join()) {
      problems.push(`${present[0]}: is ${tensor.dtype} [${tensor.shape}], expected float32 [${expected.shape}]`);
    } else found.set(name, tensor);
  }
  problems.push(...[...remaining].map((name) => `unexpected: ${name}`));
  if (problems.length > 0) {
    const shown = problems.length > MAX_SHOWN ? [...problems.slice(0, MAX_SHOWN), "…"] : problems;
    throw new Error(`${source} does not fit the classifier's config:\n  ${shown.join("\n  ")}`);
  }
  return treeFromNames<ClassifierParameters, Tensor, Tensor>(like, found) as ClassifierParameters;
}

const MAX_SHOWN = 12;

/** Tensors of the pipelines around the network. */
const STATISTICS = /^(?:un)?normalize_(?:inputs|targets|outputs)\./;

/**
 * Statistics of the cameras among the weights of an old file; those that were never set are infinite and left out.
 *
 * @returns By feature and statistic, as `dataset_stats` has them; empty for newer files.
 */
export function statisticsAmongWeights(
  tensors: TensorRecord,
  cameras: readonly string[],
): Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> {
  const entries = cameras.map((key) => {
    const prefix = `normalize_inputs.buffer_${key.replaceAll(".", "_")}.`;
    const own = Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, { data }]) => [name.slice(prefix.length), Array.from(data, Number)] as const);
    return [key, Object.fromEntries(own.filter(([, values]) => values.every(Number.isFinite)))] as const;
  });
  return Object.fromEntries(entries.filter(([, statistics]) => Object.keys(statistics).length > 0));
}
