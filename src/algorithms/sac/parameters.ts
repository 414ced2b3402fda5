/** SAC's complete state as one tree, and its tensor names in LeRobot's files. */
import type { GaussianActorConfig } from "../../policies/gaussian_actor/config.ts";
import type { EncoderParameters } from "../../policies/gaussian_actor/encoder.ts";
import type { ActorParameters, ValueParameters } from "../../policies/gaussian_actor/networks.ts";
import { type PolicyParameters, withoutFrozen } from "../../policies/gaussian_actor/parameters.ts";
import { flattenTree, mapLeaves, nn, type optim, type Random, Tensor, type Tree } from "../../tensor/index.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { SACAlgorithmConfig } from "./config.ts";

/** Parameters of the critics' optimiser. `critics` is stacked: every tensor has a leading axis of `num_critics`. */
export type CriticParameters = { readonly encoder: EncoderParameters; readonly critics: ValueParameters };

/** Parameters of the actor's optimiser: its encoder too, unless it is shared. */
export type ActorTrainables = { readonly network: ActorParameters; readonly encoder?: EncoderParameters };

export type AdamState<P> = optim.OptimizerState<P, "expAvg" | "expAvgSq">;

export type SACState = {
  readonly critic: CriticParameters;
  readonly criticTarget: ValueParameters;
  readonly actor: ActorTrainables;
  readonly discreteCritic?: ValueParameters;
  readonly discreteCriticTarget?: ValueParameters;
  readonly logAlpha: Tensor;
  readonly optimizers: {
    readonly critic: AdamState<CriticParameters>;
    readonly actor: AdamState<ActorTrainables>;
    readonly temperature: AdamState<Tensor>;
    readonly discreteCritic?: AdamState<DiscreteTrainables>;
  };
};

/** Parameters of the gripper critic's optimiser: the critics' encoder as well. */
export type DiscreteTrainables = { readonly encoder: EncoderParameters; readonly head: ValueParameters };

export interface Optimizers {
  readonly critic: optim.Adam;
  readonly actor: optim.Adam;
  readonly temperature: optim.Adam;
  readonly discreteCritic: optim.Adam;
}

/** The policy's weights, new critics, and targets equal to them. */
export function initialState(
  policy: PolicyParameters,
  critic: nn.Module<ValueParameters>,
  config: SACAlgorithmConfig,
  policyConfig: GaussianActorConfig,
  optimizers: Optimizers,
  random: Random,
): SACState {
  const criticTree = { encoder: policy.encoder_critic ?? policy.actor.encoder, critics: critic.init(random) };
  const { encoder, ...network } = policy.actor;
  const actor = { network, ...(policy.encoder_critic === undefined ? {} : { encoder }) };
  const trainable = (each: EncoderParameters) => withoutFrozen(each, policyConfig);
  const logAlpha = Tensor.of([1], [Math.log(config.temperature_init)]);
  const head = policy.discrete_critic;
  return {
    critic: criticTree,
    criticTarget: criticTree.critics,
    actor,
    ...(head === undefined ? {} : { discreteCritic: head, discreteCriticTarget: head }),
    logAlpha,
    optimizers: {
      critic: optimizers.critic.init({ ...criticTree, encoder: trainable(criticTree.encoder) }),
      actor: optimizers.actor.init({ ...actor, ...(actor.encoder && { encoder: trainable(actor.encoder) }) }),
      temperature: optimizers.temperature.init(logAlpha),
      ...(head === undefined
        ? {}
        : { discreteCritic: optimizers.discreteCritic.init({ encoder: trainable(criticTree.encoder), head }) }),
    },
  };
}

/** The policy's part of the state. */
export function policyOf({ critic, actor, discreteCritic }: SACState, config: GaussianActorConfig): PolicyParameters {
  return {
    actor: { encoder: actor.encoder ?? critic.encoder, ...actor.network },
    ...(discreteCritic === undefined ? {} : { discrete_critic: discreteCritic }),
    ...(config.shared_encoder ? {} : { encoder_critic: critic.encoder }),
  };
}

/** The state with the policy replaced. */
export function withPolicy(state: SACState, policy: PolicyParameters): SACState {
  const { encoder, ...network } = policy.actor;
  return {
    ...state,
    critic: { ...state.critic, encoder: policy.encoder_critic ?? encoder },
    actor: { network, ...(policy.encoder_critic === undefined ? {} : { encoder }) },
    ...(policy.discrete_critic === undefined ? {} : { discreteCritic: policy.discrete_critic }),
  };
}

/** The algorithm's own tensors: `critic_ensemble.critics.<i>.…`, the targets, `log_alpha`. */
export function toStateDict(state: SACState, { num_critics }: SACAlgorithmConfig): TensorRecord {
  const tensors: Record<string, Tensor> = {};
  const add = (prefix: string, tree: Tree<Tensor>) => {
    for (const [name, tensor] of flattenTree<Tensor>(tree, prefix)) tensors[name] = tensor;
  };
  for (let i = 0; i < num_critics; i++) {
    add(`critic_ensemble.critics.${i}`, nn.unstackTree(state.critic.critics, i));
    add(`critic_target.critics.${i}`, nn.unstackTree(state.criticTarget, i));
  }
  if (state.discreteCriticTarget !== undefined) add("discrete_critic_target", state.discreteCriticTarget);
  tensors.log_alpha = state.logAlpha;
  return tensors;
}

/** The state with the algorithm's own tensors replaced; names and shapes must be those of `toStateDict`. */
export function fromStateDict(tensors: TensorRecord, state: SACState, config: SACAlgorithmConfig): SACState {
  const subtree = (like: ValueParameters, prefix: string) =>
    mapLeaves(like, (_: Tensor, name) => tensors[`${prefix}.${name}`]!);
  const stacked = (prefix: string) => {
    const one = nn.unstackTree(state.critic.critics, 0);
    return nn.stackTrees(Array.from({ length: config.num_critics }, (_, i) => subtree(one, `${prefix}.critics.${i}`)));
  };
  const { discreteCriticTarget } = state;
  return {
    ...state,
    critic: { ...state.critic, critics: stacked("critic_ensemble") },
    criticTarget: stacked("critic_target"),
    ...(discreteCriticTarget && { discreteCriticTarget: subtree(discreteCriticTarget, "discrete_critic_target") }),
    logAlpha: tensors.log_alpha!,
  };
}
