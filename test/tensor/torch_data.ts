/** Numbers recorded from PyTorch; see test/data/torch/README.md. */
import { readFileSync } from "node:fs";
import type { Tensor } from "../../src/tensor/index.ts";
import { parseSafetensors } from "../../src/tensor/safetensors/bytes.ts";

export class TorchData {
  readonly #tensors: Readonly<Record<string, Tensor>>;

  constructor(file: "layers" | "optimizers") {
    const bytes = readFileSync(new URL(`../data/torch/${file}.safetensors`, import.meta.url));
    this.#tensors = parseSafetensors(bytes).tensors;
  }

  get(name: string): Tensor {
    const tensor = this.#tensors[name];
    if (tensor === undefined) throw new Error(`nothing is recorded as ${name}`);
    return tensor;
  }

  /** Everything below a prefix, by the rest of its name: a state dict. */
  under(prefix: string): Map<string, Tensor> {
    return new Map(
      Object.entries(this.#tensors).flatMap(([name, tensor]) =>
        name.startsWith(`${prefix}/`) ? [[name.slice(prefix.length + 1), tensor] as const] : [],
      ),
    );
  }
}
