/** A training step of a small transformer: four pre-norm blocks over 64 sequences of 32 tokens, gradients, Adam. */
import { compile, grad, nn, optim, Random, State, spec } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

const TOKENS = [64, 32, 256];
const FEATURES = 256;
const LAYERS = 4;

export const transformerStep: Workload = {
  name: "transformer step",
  sizes: "64×32 tokens, 256 features, 4 layers",
  shareTarget: "≥ 0.95",
  relativeTarget: "≤ PyTorch / 1.25",
  create(options) {
    const random = new Random(0);
    const network = nn.sequential(Array.from({ length: LAYERS }, () => nn.transformerBlock(FEATURES, 8)));
    const optimizer = optim.adam({ learningRate: 3e-4 });
    const parameters = network.init(random);
    const state = new State({ parameters, optimizer: optimizer.init(parameters) });
    const program = compile(
      ({ inputs: { tokens }, state: s }) => {
        const loss = network.apply(s.parameters, tokens).square().mean();
        const updated = optimizer.update(grad(loss, s.parameters), s.optimizer, s.parameters);
        return { outputs: { loss }, state: { parameters: updated.parameters, optimizer: updated.state } };
      },
      { state, inputs: { tokens: spec(TOKENS) } },
      options,
    );
    const tokens = nn.init.normal(1)(random, TOKENS);
    return { program, run: () => program.run({ tokens }) };
  },
};
