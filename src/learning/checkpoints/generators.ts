/** Random generators in `rng_state.safetensors`: four words per name. Names that share one generator still do afterwards. */

import { Random, type RandomState, Tensor } from "../../tensor/index.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";

export type Generators = Readonly<Record<string, Random>>;

export async function saveGenerators(path: string, generators: Generators): Promise<void> {
  const first = new Map<Random, string>();
  const tensors: Record<string, Tensor> = {};
  const sameAs: Record<string, string> = {};
  for (const [name, random] of Object.entries(generators)) {
    const known = first.get(random);
    if (known !== undefined) sameAs[name] = known;
    else {
      first.set(random, name);
      tensors[name] = new Tensor("uint32", [4], Uint32Array.from(random.state));
    }
  }
  await saveSafetensors(path, tensors, sameAs);
}

/** @throws SafetensorsError for a damaged file; RangeError for words that no generator has. */
export async function loadGenerators(path: string): Promise<Generators> {
  const { tensors, metadata } = await loadSafetensors(path);
  const generators: Record<string, Random> = {};
  for (const [name, { data }] of Object.entries(tensors)) {
    generators[name] = Random.fromState([...(data as Uint32Array)] as unknown as RandomState);
  }
  for (const [name, original] of Object.entries(metadata)) {
    const random = generators[original];
    if (random === undefined) throw new Error(`${path}: "${name}" is to be "${original}", which is not there`);
    generators[name] = random;
  }
  return generators;
}
