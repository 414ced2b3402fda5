/** A training step of the small image encoder of HIL-SERL policies: four strided convolutions, gradients, Adam. */
import { compile, grad, nn, ops, optim, Random, State, spec } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

const IMAGES = [64, 3, 128, 128];
const CHANNELS = 32;
const KERNELS = [7, 5, 3, 3];

export const convStep: Workload = {
  name: "conv step",
  sizes: "4 conv layers of 32 channels, 64 images 128×128",
  relativeTarget: "≤ PyTorch / 1.35",
  create(options) {
    const random = new Random(0);
    const network = nn.sequential(
      KERNELS.flatMap((kernel, layer) => [
        nn.conv2d(layer === 0 ? 3 : CHANNELS, CHANNELS, kernel, { stride: 2 }),
        ops.relu,
      ]),
    );
    const optimizer = optim.adam({ learningRate: 3e-4 });
    const parameters = network.init(random);
    const state = new State({ parameters, optimizer: optimizer.init(parameters) });
    const program = compile(
      ({ inputs: { images }, state: s }) => {
        const loss = network.apply(s.parameters, images).square().mean();
        const updated = optimizer.update(grad(loss, s.parameters), s.optimizer, s.parameters);
        return { outputs: { loss }, state: { parameters: updated.parameters, optimizer: updated.state } };
      },
      { state, inputs: { images: spec(IMAGES) } },
      options,
    );
    const images = nn.init.normal(1)(random, IMAGES);
    return { program, run: () => program.run({ images }) };
  },
};
