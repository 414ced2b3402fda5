/** Policy inference of the control loop: one observation through encoder and actor, feeding and reading included. */
import { compile, nn, ops, Random, State, spec } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

const OBSERVATION = 21;
const ACTION = 3;

export const actorForward: Workload = {
  name: "actor forward",
  sizes: "batch 1, 256-wide encoder, 256-256",
  target: "≤ 0.015",
  create(options) {
    const random = new Random(0);
    const network = nn.sequential([
      nn.linear(OBSERVATION, 256),
      nn.layerNorm(256),
      ops.tanh,
      nn.mlp(256, [256, 256], { activation: ops.silu }),
      nn.linear(256, ACTION),
      ops.tanh,
    ]);
    const state = new State(network.init(random));
    const program = compile(
      ({ inputs: { observation }, state: parameters }) => ({ outputs: network.apply(parameters, observation) }),
      { state, inputs: { observation: spec([1, OBSERVATION]) } },
      options,
    );
    const observation = nn.init.normal(1)(random, [1, OBSERVATION]);
    return { program, run: () => program.run({ observation }) };
  },
};
