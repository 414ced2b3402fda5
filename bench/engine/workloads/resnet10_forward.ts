/** The frozen image encoder: ResNet-10 with group normalisation on 3×128×128 images. */

import { compile, nn, Random, State, spec } from "../../../src/tensor/index.ts";
import { resnet10 } from "../../../src/vision/index.ts";
import type { Workload } from "../workload.ts";

export function resnet10Forward(images: number): Workload {
  return {
    name: `ResNet-10 forward, ${images} images`,
    sizes: "3×128×128, group normalisation",
    create(options) {
      const random = new Random(0);
      const network = resnet10();
      const state = new State(network.init(random));
      const shape = [images, 3, 128, 128];
      const program = compile(
        ({ inputs: { pixels }, state: parameters }) => ({ outputs: network.apply(parameters, pixels) }),
        { state, inputs: { pixels: spec(shape) } },
        options,
      );
      const pixels = nn.init.normal(1)(random, shape);
      return { program, run: () => program.run({ pixels }) };
    },
  };
}
