/** A critic update alone: two critics of 256-256 with LayerNorm, Adam, and the moving average of the targets. */
import { compile, grad, nn, ops, optim, Random, State, spec } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

const BATCH = 256;
const OBSERVATION_AND_ACTION = 24;

export const criticStep: Workload = {
  name: "critic step",
  sizes: "2 critics 256-256, batch 256",
  create(options) {
    const random = new Random(0);
    const member = nn.sequential([
      nn.mlp(OBSERVATION_AND_ACTION, [256, 256], { activation: ops.relu }),
      nn.linear(256, 1),
    ]);
    const critics = nn.ensemble(member, 2);
    const optimizer = optim.adam({ learningRate: 3e-4 });
    const parameters = critics.init(random);
    const state = new State({ parameters, target: parameters, optimizer: optimizer.init(parameters) });
    const signature = {
      state,
      inputs: { now: spec([BATCH, OBSERVATION_AND_ACTION]), next: spec([BATCH, OBSERVATION_AND_ACTION]) },
    };
    const program = compile(
      ({ inputs, state: s }) => {
        const target = critics.apply(s.target, inputs.next).min({ axis: 0 }).mul(0.99).stopGradient();
        const loss = critics.apply(s.parameters, inputs.now).sub(target).square().mean();
        const updated = optimizer.update(grad(loss, s.parameters), s.optimizer, s.parameters);
        return {
          outputs: { loss },
          state: {
            parameters: updated.parameters,
            optimizer: updated.state,
            target: optim.ema(s.target, updated.parameters, 0.005),
          },
        };
      },
      signature,
      options,
    );
    const draw = () => nn.init.normal(1)(random, [BATCH, OBSERVATION_AND_ACTION]);
    const inputs = { now: draw(), next: draw() };
    return { program, run: () => program.run(inputs) };
  },
};
