/**
 * Behaviour cloning as a plug-in: a whole algorithm in one file, with its config, one `update` and one line that
 * registers it. The policy imitates the actions in its batches by regression (Pomerleau 1991), without rewards or next
 * observations. To record demonstrations in simulation and train on them, without actors:
 *
 *   npx handrail learn --config examples/behavior_cloning.json --plugin ./examples/behavior_cloning.ts
 */

import {
  type AlgorithmOptions,
  type BatchIterator,
  CompiledAlgorithm,
  type GaussianActorPolicy,
  registerAlgorithm,
  TrainingStats,
} from "handrail";
import { trainingContext } from "handrail/algorithms";
import { type PolicyParameters, trainablePart, withFrozenPart } from "handrail/policies";
import { type Expr, ops, optim, spec, valueAndGrad } from "handrail/tensor";
import { z } from "zod";

const ConfigSchema = z.strictObject({
  type: z.literal("behavior_cloning"),
  learning_rate: z.number().positive().default(3e-4).describe("Adam's step size."),
  grad_clip_norm: z.number().positive().default(10).describe("Largest global gradient norm; only catches explosions."),
});
type Config = z.output<typeof ConfigSchema>;

/** L_a = mean ‖tanh μ(s) − a‖²: the deterministic action is to be the demonstrated one. `[batch, actions]` each. */
export function actionLoss(mean: Expr, action: Expr): Expr {
  return mean.tanh().sub(action).square().mean();
}

/** L_d = −mean log softmax(Q_d(s))[d]: cross-entropy of the commands d, `[batch]`, given logits `[batch, commands]`. */
export function commandLoss(logits: Expr, commands: Expr): Expr {
  return ops
    .takeAlongAxis(ops.logSoftmax(logits), commands.reshape([-1, 1]), 1)
    .mean()
    .neg();
}

function initialState(policy: PolicyParameters, trainables: PolicyParameters, optimizer: optim.Adam) {
  return { policy, optimizers: { policy: optimizer.init(trainables) } };
}
type Learned = ReturnType<typeof initialState>;

export class BehaviorCloning extends CompiledAlgorithm<Learned, GaussianActorPolicy> {
  readonly config: Config;
  readonly batchesPerUpdate = 1;
  /** Needs no rewards, and uses the last step of every episode, too. */
  readonly dataSpec = { reward: false, nextObservation: false };
  readonly #hasGripper: boolean;
  readonly #step: ReturnType<BehaviorCloning["compileUpdate"]>;

  constructor(config: Config, policy: GaussianActorPolicy, options: AlgorithmOptions = {}) {
    const optimizer = optim.adam({ learningRate: config.learning_rate });
    super(policy, options, (parameters) => {
      return initialState(parameters, trainablePart(parameters, policy.config), optimizer);
    });
    this.config = config;
    this.#hasGripper = policy.networks.discreteCritic !== undefined;
    this.#step = this.compileUpdate(policy, optimizer);
  }

  async update(batches: BatchIterator): Promise<TrainingStats> {
    const { observation, action } = await batches.next();
    const seen = this.inputFeatures(observation, "observation");
    const { loss_action, loss_command, norm } = await this.#step.run({ observation: seen, action });
    this.updates += 1;
    const gripper = this.#hasGripper ? { loss_command: loss_command.item() } : {};
    return new TrainingStats({
      losses: { loss_action: loss_action.item(), ...gripper },
      gradNorms: { policy: norm.item() },
    });
  }

  protected compileUpdate({ networks, config: policyConfig }: GaussianActorPolicy, optimizer: optim.Adam) {
    const { encoder, actor, discreteCritic, continuousActions } = networks;
    const inputs = {
      observation: this.observationSpecs(),
      action: spec(["batch", continuousActions + (discreteCritic === undefined ? 0 : 1)]),
    };
    return this.compileUpdateStep(({ inputs: { observation, action }, state, random }) => {
      const trainables = trainablePart(state.policy, policyConfig);
      const parts: { action?: Expr; command: Expr } = { command: ops.zeros([]) };
      const [, gradients] = valueAndGrad((trained: typeof trainables) => {
        const p = withFrozenPart(trained, state.policy);
        const encoded = encoder.apply(p.actor.encoder, observation, trainingContext(random));
        const { mean } = actor.apply(p.actor, encoded, trainingContext(random));
        parts.action = actionLoss(mean, action.slice(1, 0, continuousActions));
        if (discreteCritic !== undefined) {
          const seen = p.encoder_critic === undefined ? encoded : encoder.apply(p.encoder_critic, observation);
          const logits = discreteCritic.apply(p.discrete_critic!, seen, trainingContext(random));
          parts.command = commandLoss(logits, ops.at(action.transpose(), -1).add(0.5).cast("int64"));
        }
        return parts.action.add(parts.command);
      }, trainables);
      const clipped = optim.clipByGlobalNorm(gradients, this.config.grad_clip_norm);
      const updated = optimizer.update(clipped.gradients, state.optimizers.policy, trainables);
      return {
        outputs: { loss_action: parts.action!, loss_command: parts.command, norm: clipped.norm },
        state: { policy: updated.parameters, optimizers: { policy: updated.state } },
      };
    }, inputs);
  }

  protected policyOf(state: Learned): PolicyParameters {
    return state.policy;
  }

  protected withPolicy(state: Learned, policy: PolicyParameters): Learned {
    return { ...state, policy };
  }
}

registerAlgorithm("behavior_cloning", {
  schema: ConfigSchema,
  policies: ["gaussian_actor"],
  create: (config, policy: GaussianActorPolicy, options) => new BehaviorCloning(config, policy, options),
});
