/** A plug-in algorithm for the policy of examples/deterministic_actor.ts: it imitates the actions of its batches. */
import { z } from "zod";
import type { DeterministicActor } from "../../examples/deterministic_actor.ts";
import type { BatchIterator } from "../../src/algorithms/algorithm.ts";
import { CompiledAlgorithm } from "../../src/algorithms/compiled_algorithm.ts";
import { type AlgorithmOptions, registerAlgorithm } from "../../src/algorithms/registry.ts";
import { TrainingStats } from "../../src/algorithms/training_stats.ts";
import type { ParametersOf } from "../../src/policies/policy.ts";
import { type Expr, ops, optim, spec, valueAndGrad } from "../../src/tensor/index.ts";

const ConfigSchema = z.strictObject({
  type: z.literal("regression"),
  learning_rate: z.number().positive().default(1e-3),
  /** As wide as the policy's layers, as passed to `fromPolicyConfig`. */
  widths: z.array(z.int()).default([]),
});
type Config = z.output<typeof ConfigSchema>;
type Weights = ParametersOf<DeterministicActor>;

const initialState = (policy: Weights, optimizer: optim.Adam) => ({
  policy,
  optimizers: { policy: optimizer.init(policy) },
});
type Learned = ReturnType<typeof initialState>;

class Regression extends CompiledAlgorithm<Learned, DeterministicActor> {
  readonly config: Config;
  readonly batchesPerUpdate = 1;
  readonly #step: ReturnType<Regression["compileUpdate"]>;

  constructor(config: Config, policy: DeterministicActor, options: AlgorithmOptions) {
    const optimizer = optim.adam({ learningRate: config.learning_rate });
    super(policy, options, (weights) => initialState(weights, optimizer));
    this.config = config;
    this.#step = this.compileUpdate(policy, optimizer);
  }

  async update(batches: BatchIterator): Promise<TrainingStats> {
    const { observation, action } = await batches.next();
    const { loss } = await this.#step.run({ observation: this.inputFeatures(observation, "observation"), action });
    this.updates += 1;
    return new TrainingStats({ losses: { loss: loss.item() } });
  }

  protected compileUpdate({ network, config }: DeterministicActor, optimizer: optim.Adam) {
    const inputs = {
      observation: this.observationSpecs(),
      action: spec(["batch", config.output_features.action!.shape[0]!]),
    };
    return this.compileUpdateStep(({ inputs: { observation, action }, state }) => {
      const seen = ops.concat(
        Object.keys(config.input_features).map((key) => observation[key]!),
        -1,
      );
      const [loss, gradients] = valueAndGrad(
        (p: typeof state.policy): Expr => network.apply(p.net, seen).sub(action).square().mean(),
        state.policy,
      );
      const { parameters, state: moments } = optimizer.update(gradients, state.optimizers.policy, state.policy);
      return { outputs: { loss }, state: { policy: parameters, optimizers: { policy: moments } } };
    }, inputs);
  }

  protected policyOf(state: Learned): Weights {
    return state.policy;
  }

  protected withPolicy(state: Learned, policy: Weights): Learned {
    return { ...state, policy };
  }
}

registerAlgorithm("regression", {
  schema: ConfigSchema,
  policies: ["deterministic_actor"],
  create: (config, policy: DeterministicActor, options) => new Regression(config, policy, options),
  fromPolicyConfig: ({ hidden_dims }) => ({ widths: hidden_dims }),
});
