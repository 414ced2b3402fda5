/**
 * TD3 as a plug-in: a policy, an algorithm and one line each that registers them (Fujimoto et al. 2018, "Addressing
 * Function Approximation Error in Actor-Critic Methods"; equation numbers are that paper's). Actions are normalised, so
 * every noise is a fraction of half an action's range.
 *
 *   node --import tsx src/cli/main.ts train --config examples/td3_pendulum.json --plugin ./examples/td3.ts
 */

import {
  type AlgorithmOptions,
  type BatchIterator,
  CompiledAlgorithm,
  CompiledPolicy,
  type PolicyOptions,
  policyProcessorsOf,
  registerAlgorithm,
  registerPolicy,
  TrainingStats,
} from "handrail";
import { DatasetStatsSchema, NormalizationMappingSchema, PolicyFeaturesSchema } from "handrail/config";
import { actionBoundsOf, onlineTrainingFields, pretrainedFields } from "handrail/policies";
import {
  type Expr,
  flattenTree,
  grad,
  nn,
  ops,
  optim,
  type Random,
  type RandomInputs,
  spec,
  type Tensor,
  treeFromNames,
} from "handrail/tensor";
import { z } from "zod";

/** The paper's two layers; a small task needs less. */
const HiddenSchema = z.array(z.int().min(1)).min(1).default([400, 300]);

type Observation = Readonly<Record<string, Expr>>;

// ----------------------------------------------------------------------------------------------------- the policy

const ActorSchema = z
  .strictObject({
    type: z.literal("td3_actor"),
    input_features: PolicyFeaturesSchema.describe("What the policy sees: vectors."),
    output_features: PolicyFeaturesSchema.describe('What it does: {"action": {"type": "ACTION", "shape": [n]}}.'),
    normalization_mapping: NormalizationMappingSchema.default({ STATE: "MIN_MAX", ENV: "MIN_MAX", ACTION: "MIN_MAX" }),
    dataset_stats: DatasetStatsSchema.nullable().default(null).describe("min and max per feature, in its own units."),
    hidden_dims: HiddenSchema.describe("Width of each layer of the actor."),
    exploration_std: z.number().min(0).default(0.1).describe("σ of the noise on actions in training."),
    ...onlineTrainingFields,
    ...pretrainedFields,
  })
  .superRefine(({ input_features }, context) => {
    for (const [key, { shape }] of Object.entries(input_features)) {
      if (shape.length === 1) continue;
      const message = `has the shape [${shape}], but this policy sees vectors only`;
      context.addIssue({ code: "custom", path: ["input_features", key, "shape"], message });
    }
  });
type ActorConfig = z.output<typeof ActorSchema>;

type Weights = { readonly net: nn.Parameters };

export class TD3Actor extends CompiledPolicy<ActorConfig, Weights> {
  /** Elements of the observation, and of the action. */
  readonly inputs: number;
  readonly actions: number;
  readonly #network: nn.Module;

  constructor(config: ActorConfig, options: PolicyOptions = {}) {
    const inputs = Object.values(config.input_features).reduce((sum, { shape }) => sum + shape[0]!, 0);
    const actions = config.output_features.action!.shape[0]!;
    const network = nn.sequential([layers(inputs, config.hidden_dims, actions), ops.tanh]);
    super(config, options, (random) => ({ net: network.init(random) }));
    this.inputs = inputs;
    this.actions = actions;
    this.#network = network;
  }

  /** All features side by side, `[batch, inputs]`. */
  seen(observation: Observation): Expr {
    return ops.concat(
      Object.keys(this.config.input_features).map((key) => observation[key]!),
      -1,
    );
  }

  /** π_φ(s), `[batch, actions]` in [−1, 1]. */
  best(weights: nn.Symbolic<Weights>, observation: Observation): Expr {
    return this.#network.apply(weights.net, this.seen(observation));
  }

  /** a = π_φ(s) + ε, ε ∼ N(0, σ), where it explores                                                   (algorithm 1) */
  protected action(weights: nn.Symbolic<Weights>, observation: Observation, random: RandomInputs | undefined): Expr {
    const best = this.best(weights, observation);
    if (random === undefined) return best;
    return best.add(random.normal(best.shape).mul(this.config.exploration_std)).clip(-1, 1);
  }
}

registerPolicy("td3_actor", {
  schema: ActorSchema,
  create: (config, options) => new TD3Actor(config, options),
  processors: policyProcessorsOf,
  actionBounds: actionBoundsOf,
});

/** Linear layers with ReLU in between, as the paper's actor and critics have them. */
function layers(inputs: number, hidden: readonly number[], outputs: number): nn.Module {
  const body = nn.mlp(inputs, hidden, { activation: ops.relu, normalize: false });
  return nn.sequential([body, nn.linear(hidden.at(-1)!, outputs)]);
}

// ----------------------------------------------------------------------------------------------------- the losses

/** ã = π_φ′(s′) + ε, ε ∼ clip(N(0, σ̃), −c, c), within the actions' bounds                                  (eq. 14) */
export function smoothedAction(best: Expr, normal: Expr, sigma: number, c: number): Expr {
  return best.add(normal.mul(sigma).clip(-c, c)).clip(-1, 1);
}

/** y = r + γ(1 − d) minᵢ Q_θ′ᵢ(s′, ã), `[batch]`; the values are `[critics, batch]`                      (eq. 10, 15) */
export function clippedTarget(reward: Expr, done: Expr, nextValues: Expr, discount: number): Expr {
  const next = nextValues.min({ axis: 0 });
  return reward.add(ops.sub(1, done).mul(next).mul(discount)).stopGradient();
}

/** L_θ = Σᵢ mean (y − Q_θᵢ(s, a))²                                                                   (algorithm 1) */
export function criticLoss(values: Expr, target: Expr): Expr {
  return values.sub(target).square().mean({ axis: 1 }).sum();
}

/** L_φ = −mean Q_θ₁(s, π_φ(s)), whose gradient is the deterministic policy gradient: only the first critic counts (eq. 1) */
export function actorLoss(values: Expr): Expr {
  return ops.at(values, 0).mean().neg();
}

// -------------------------------------------------------------------------------------------------- the algorithm

const CRITICS = 2;
const learningRate = z.number().positive().default(1e-3);

const TD3Schema = z.strictObject({
  type: z.literal("td3"),
  actor_lr: learningRate.describe("Adam's step size for the actor."),
  critic_lr: learningRate.describe("Adam's step size for the critics."),
  discount: z.number().min(0).max(1).default(0.99).describe("γ, per control step."),
  target_update_weight: z.number().positive().max(1).default(0.005).describe("τ: θ′ ← τθ + (1 − τ)θ′."),
  policy_delay: z.int().min(1).default(2).describe("d: updates of the critics per update of actor and targets."),
  target_noise: z.number().min(0).default(0.2).describe("σ̃ of the noise on the target policy's actions."),
  target_noise_clip: z.number().min(0).default(0.5).describe("c: this noise stays within ±c."),
  critic_hidden_dims: HiddenSchema.describe("Width of each layer of the critics."),
  grad_clip_norm: z.number().positive().default(40).describe("Largest gradient norm per network, against explosions."),
});
type TD3Config = z.output<typeof TD3Schema>;

/** Actor, critics and optimisers of one config. */
function makeParts(config: TD3Config, policy: TD3Actor) {
  const critics = nn.ensemble(layers(policy.inputs + policy.actions, config.critic_hidden_dims, 1), CRITICS);
  return {
    policy,
    critics,
    optimizers: {
      actor: optim.adam({ learningRate: config.actor_lr }),
      critics: optim.adam({ learningRate: config.critic_lr }),
    },
    /** Q_θᵢ(s, a), `[critics, batch]` */
    values(weights: nn.Symbolic<nn.Parameters>, observation: Observation, action: Expr): Expr {
      const seen = ops.concat([policy.seen(observation), action], -1);
      return critics.apply(weights, seen).reshape([CRITICS, action.shape[0]!]);
    },
  };
}
type Parts = ReturnType<typeof makeParts>;

function initialState(actor: Weights, { critics, optimizers }: Parts, random: Random) {
  const values = critics.init(random);
  return {
    actor,
    critics: values,
    targets: { actor, critics: values },
    optimizers: { actor: optimizers.actor.init(actor), critics: optimizers.critics.init(values) },
  };
}
type Learned = ReturnType<typeof initialState>;

export class TD3 extends CompiledAlgorithm<Learned, TD3Actor> {
  readonly config: TD3Config;
  readonly batchesPerUpdate = 1;
  readonly #critics: ReturnType<TD3["compileUpdate"]>;
  readonly #all: ReturnType<TD3["compileUpdate"]>;

  constructor(config: TD3Config, policy: TD3Actor, options: AlgorithmOptions = {}) {
    const parts = makeParts(config, policy);
    super(policy, options, (actor, random) => initialState(actor, parts, random));
    this.config = config;
    this.#critics = this.compileUpdate(parts, { withActor: false });
    this.#all = this.compileUpdate(parts, { withActor: true });
  }

  /** The critics learn in every update, the actor and all targets in every d-th (section 5.2). */
  async update(batches: BatchIterator): Promise<TrainingStats> {
    const { observation, nextObservation, action, reward, done } = await batches.next();
    const stepsActor = (this.updates + 1) % this.config.policy_delay === 0;
    const { losses, norms, q_mean } = await (stepsActor ? this.#all : this.#critics).run({
      observation: this.inputFeatures(observation, "observation"),
      nextObservation: this.inputFeatures(nextObservation, "next observation"),
      action,
      reward,
      done,
    });
    this.updates += 1;
    return new TrainingStats({
      losses: numbers(losses),
      gradNorms: numbers(norms),
      extra: { q_mean: q_mean.item() },
    });
  }

  protected compileUpdate(parts: Parts, { withActor }: { readonly withActor: boolean }) {
    const { config } = this;
    const { policy, values, optimizers } = parts;
    const inputs = {
      observation: this.observationSpecs(),
      nextObservation: this.observationSpecs(),
      action: spec(["batch", policy.actions]),
      reward: spec(["batch"]),
      done: spec(["batch"]),
    };
    return this.compileUpdateStep(
      ({ inputs: { observation, nextObservation, action, reward, done }, state, random }) => {
        const nextAction = smoothedAction(
          policy.best(state.targets.actor, nextObservation),
          random.normal(action.shape),
          config.target_noise,
          config.target_noise_clip,
        );
        const nextValues = values(state.targets.critics, nextObservation, nextAction);
        const y = clippedTarget(reward, done, nextValues, config.discount);

        const q = values(state.critics, observation, action);
        const loss_critic = criticLoss(q, y);
        const critic = optim.clipByGlobalNorm(grad(loss_critic, state.critics), config.grad_clip_norm);
        const critics = optimizers.critics.update(critic.gradients, state.optimizers.critics, state.critics);
        const losses: Record<string, Expr> = { loss_critic };
        const norms: Record<string, Expr> = { critic: critic.norm };
        const q_mean = q.mean();
        if (!withActor) {
          const learned = { critics: critics.parameters, optimizers: { critics: critics.state } };
          return { outputs: { losses, norms, q_mean }, state: learned };
        }

        const loss_actor = actorLoss(values(critics.parameters, observation, policy.best(state.actor, observation)));
        const clipped = optim.clipByGlobalNorm(grad(loss_actor, state.actor), config.grad_clip_norm);
        const actor = optimizers.actor.update(clipped.gradients, state.optimizers.actor, state.actor);
        const current = { actor: actor.parameters, critics: critics.parameters };
        return {
          outputs: { losses: { ...losses, loss_actor }, norms: { ...norms, actor: clipped.norm }, q_mean },
          state: {
            ...current,
            // θ′ᵢ ← τθᵢ + (1 − τ)θ′ᵢ, φ′ ← τφ + (1 − τ)φ′                                                  (algorithm 1)
            targets: optim.ema(state.targets, current, config.target_update_weight),
            optimizers: { actor: actor.state, critics: critics.state },
          },
        };
      },
      inputs,
    );
  }

  protected policyOf({ actor }: Learned): Weights {
    return actor;
  }

  protected withPolicy(state: Learned, actor: Weights): Learned {
    return { ...state, actor };
  }

  protected override ownTensors({ critics, targets }: Learned): Record<string, Tensor> {
    return Object.fromEntries(flattenTree<Tensor>({ critics, targets }));
  }

  protected override withOwnTensors(state: Learned, tensors: Readonly<Record<string, Tensor>>): Learned {
    const { critics, targets } = state;
    return { ...state, ...treeFromNames({ critics, targets }, new Map(Object.entries(tensors))) };
  }
}

registerAlgorithm("td3", {
  schema: TD3Schema,
  policies: ["td3_actor"],
  create: (config, policy: TD3Actor, options) => new TD3(config, policy, options),
});

function numbers(outputs: Readonly<Record<string, Tensor>>): Record<string, number> {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.item()]));
}
