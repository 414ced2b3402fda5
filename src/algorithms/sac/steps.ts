/**
 * SAC's steps over expressions: one for everything with a Bellman target, one for the actor and the temperature, and the
 * complete update.
 */
import type { GaussianActorConfig } from "../../policies/gaussian_actor/config.ts";
import type { Observation } from "../../policies/gaussian_actor/encoder.ts";
import type { GaussianActorNetworks, ValueParameters } from "../../policies/gaussian_actor/networks.ts";
import { withoutFrozen } from "../../policies/gaussian_actor/parameters.ts";
import { sample } from "../../policies/gaussian_actor/tanh_gaussian.ts";
import {
  type Expr,
  type MapTree,
  mapLeaves,
  type nn,
  ops,
  optim,
  type RandomInputs,
  type Tensor,
  valueAndGrad,
} from "../../tensor/index.ts";
import { trainingContext } from "../training_context.ts";
import type { SACAlgorithmConfig } from "./config.ts";
import { actorLoss, criticLoss, discreteCriticLoss, doubleDqnTarget, softTarget, temperatureLoss } from "./losses.ts";
import type { Optimizers, SACState } from "./parameters.ts";

/** Components of the steps; fixed for the life of an algorithm. */
export interface SACModel {
  readonly config: SACAlgorithmConfig;
  readonly policyConfig: GaussianActorConfig;
  readonly networks: GaussianActorNetworks;
  /** The stacked ensemble: `[batch, encoded + actions]` → `[critics, batch, 1]`. */
  readonly critics: nn.Module<ValueParameters>;
  readonly optimizers: Optimizers;
  readonly targetEntropy: number;
  /** Camera inputs are the frozen backbone's features instead of images. */
  readonly cachesImageFeatures: boolean;
  readonly usesDropout: boolean;
}

type State = MapTree<SACState, Tensor, Expr>;
type EncoderExprs = State["critic"]["encoder"];

export type SymbolicBatch = {
  readonly observation: Observation;
  readonly nextObservation: Observation;
  readonly action: Expr;
  readonly reward: Expr;
  readonly done: Expr;
  /** Only with a gripper. */
  readonly discretePenalty?: Expr;
};

interface StepArguments<Batch> {
  readonly inputs: Batch;
  readonly state: State;
  readonly random: RandomInputs;
}

/** Dropout for the networks that a loss trains; targets and other evaluations use none. */
function dropout({ usesDropout }: SACModel, random: RandomInputs): nn.ApplyContext {
  return usesDropout ? trainingContext(random) : {};
}

function helpers({ networks, critics, cachesImageFeatures }: SACModel) {
  return {
    encode: (parameters: EncoderExprs, observation: Observation, context: nn.ApplyContext = {}) =>
      networks.encoder.apply(parameters, observation, {
        ...context,
        ...(cachesImageFeatures ? { imageFeatures: observation } : {}),
      }),
    /** Q(s, a) of every member, `[critics, batch]`. */
    values: (parameters: State["criticTarget"], encoded: Expr, action: Expr, context?: nn.ApplyContext) => {
      const q = critics.apply(parameters, ops.concat([encoded, action], -1), context);
      return q.reshape(q.shape.slice(0, 2));
    },
  };
}

/** Changed parts of the state. */
type StateUpdate = Partial<Omit<State, "optimizers">> & { readonly optimizers: Partial<State["optimizers"]> };

function applyUpdate(state: State, update: StateUpdate): State {
  return { ...state, ...update, optimizers: { ...state.optimizers, ...update.optimizers } };
}

/**
 * One update: the critics on each batch in turn, then `actorSteps` actor steps on the last batch. It is one program because
 * several would each bring a thread pool, and the pools would compete for the processor.
 */
export function updateStep(model: SACModel, actorSteps: number) {
  const [updateCritics, updateActor] = [criticStep(model), actorStep(model)];
  return ({ inputs: { batches }, state, random }: StepArguments<{ readonly batches: readonly SymbolicBatch[] }>) => {
    let outputs: Record<string, Expr> = {};
    let current = state;
    const apply = (step: { readonly outputs: Record<string, Expr>; readonly state: StateUpdate }) => {
      outputs = { ...outputs, ...step.outputs };
      current = applyUpdate(current, step.state);
    };
    for (const inputs of batches) apply(updateCritics({ inputs, state: current, random }));
    const last = batches.at(-1)!;
    for (let i = 0; i < actorSteps; i++) apply(updateActor({ inputs: last, state: current, random }));
    return { outputs, state: current };
  };
}

/** Critics, then the gripper critic, then both targets. */
function criticStep(model: SACModel) {
  const { config, policyConfig, networks, optimizers } = model;
  const { encode, values } = helpers(model);
  return ({ inputs: batch, state, random }: StepArguments<SymbolicBatch>) => {
    const continuous = batch.action.slice(1, 0, networks.continuousActions);
    const alpha = state.logAlpha.exp();

    const nextEncoded = encode(state.critic.encoder, batch.nextObservation);
    const actorEncoded =
      state.actor.encoder === undefined ? nextEncoded : encode(state.actor.encoder, batch.nextObservation);
    const noise = random.normal(continuous.shape);
    const next = sample(networks.actor.apply(state.actor.network, actorEncoded), noise);
    const nextValues = values(targetSubset(state.criticTarget, config, random), nextEncoded, next.action);
    const entropyBonus = config.use_backup_entropy ? alpha.mul(next.logProb).neg() : undefined;
    const target = softTarget(batch, nextValues, entropyBonus, config.discount);

    const withFrozen = (encoder: EncoderExprs): EncoderExprs => ({ ...state.critic.encoder, ...encoder });
    const trainables = { ...state.critic, encoder: withoutFrozen(state.critic.encoder, policyConfig) };

    let qMean: Expr | undefined;
    const [loss, gradients] = valueAndGrad((p: typeof trainables) => {
      const encoded = encode(withFrozen(p.encoder), batch.observation, dropout(model, random));
      const q = values(p.critics, encoded, continuous, dropout(model, random));
      qMean = q.mean();
      return criticLoss(q, target);
    }, trainables);
    const clipped = optim.clipByGlobalNorm(gradients, config.grad_clip_norm);
    const updated = optimizers.critic.update(clipped.gradients, state.optimizers.critic, trainables);

    const critic = { ...updated.parameters, encoder: withFrozen(updated.parameters.encoder) };
    const criticTarget = optim.ema(state.criticTarget, critic.critics, config.critic_target_update_weight);
    const base = {
      outputs: { loss_critic: loss, critic: clipped.norm, q_mean: qMean! },
      state: { critic, criticTarget, optimizers: { critic: updated.state } },
    };
    const discrete = discreteCriticStep(model, batch, state, critic.encoder, withFrozen, random);
    if (discrete === undefined) return base;
    return {
      outputs: { ...base.outputs, ...discrete.outputs },
      state: {
        ...base.state,
        ...discrete.state,
        critic: { ...critic, encoder: discrete.encoder },
        optimizers: { ...base.state.optimizers, discreteCritic: discrete.optimizer },
      },
    };
  };
}

/** The critics that value the target: all, or a random subset (REDQ, Chen et al. 2021, algorithm 1). */
function targetSubset(critics: State["criticTarget"], config: SACAlgorithmConfig, random: RandomInputs) {
  const { num_critics: count, num_subsample_critics: size } = config;
  if (size === null) return critics;
  const members = random.choice(count, size);
  return mapLeaves(critics, (p: Expr) => ops.gather(p, members));
}

/** Double DQN for the gripper; its optimiser steps the encoder a second time. */
function discreteCriticStep(
  model: SACModel,
  batch: SymbolicBatch,
  state: State,
  encoder: EncoderExprs,
  withFrozen: (encoder: EncoderExprs) => EncoderExprs,
  random: RandomInputs,
) {
  const { config, policyConfig, optimizers } = model;
  const network = model.networks.discreteCritic;
  if (network === undefined) return undefined;
  const { encode } = helpers(model);
  const nextEncoded = encode(encoder, batch.nextObservation);
  const reward = batch.reward.add(batch.discretePenalty!);
  const target = doubleDqnTarget(
    { reward, done: batch.done },
    network.apply(state.discreteCritic!, nextEncoded),
    network.apply(state.discreteCriticTarget!, nextEncoded),
    config.discount,
  );
  // A discrete action is a whole number stored as float: adding a half before truncation rounds it.
  const discreteActions = ops.at(batch.action.transpose(), -1).add(0.5).cast("int64");
  const trainables = { encoder: withoutFrozen(encoder, policyConfig), head: state.discreteCritic! };
  const [loss, gradients] = valueAndGrad((p: typeof trainables) => {
    const encoded = encode(withFrozen(p.encoder), batch.observation, dropout(model, random));
    return discreteCriticLoss(network.apply(p.head, encoded, dropout(model, random)), discreteActions, target);
  }, trainables);
  const clipped = optim.clipByGlobalNorm(gradients, config.grad_clip_norm);
  const updated = optimizers.discreteCritic.update(clipped.gradients, state.optimizers.discreteCritic!, trainables);
  const { head } = updated.parameters;
  return {
    outputs: { loss_discrete_critic: loss, discrete_critic: clipped.norm },
    encoder: withFrozen(updated.parameters.encoder),
    state: {
      discreteCritic: head,
      discreteCriticTarget: optim.ema(state.discreteCriticTarget!, head, config.critic_target_update_weight),
    },
    optimizer: updated.state,
  };
}

/** The actor against the current critics, then the temperature against the new actor. */
function actorStep(model: SACModel) {
  const { config, policyConfig, networks, optimizers, targetEntropy } = model;
  const { encode, values } = helpers(model);
  return ({ inputs, state, random }: StepArguments<Pick<SymbolicBatch, "observation">>) => {
    const { observation } = inputs;
    const encoded = encode(state.critic.encoder, observation);
    const batch = encoded.shape[0]!;
    const own = state.actor.encoder;
    const trainables = {
      network: state.actor.network,
      ...(own === undefined ? {} : { encoder: withoutFrozen(own, policyConfig) }),
    };
    const act = (p: typeof trainables, context?: nn.ApplyContext) => {
      const seen = p.encoder === undefined ? encoded : encode({ ...own, ...p.encoder }, observation, context);
      return sample(networks.actor.apply(p.network, seen, context), random.normal([batch, networks.continuousActions]));
    };

    const [loss, gradients] = valueAndGrad((p: typeof trainables) => {
      const { action, logProb } = act(p, dropout(model, random));
      return actorLoss(state.logAlpha.exp(), logProb, values(state.critic.critics, encoded, action));
    }, trainables);
    const clipped = optim.clipByGlobalNorm(gradients, config.grad_clip_norm);
    const updated = optimizers.actor.update(clipped.gradients, state.optimizers.actor, trainables);

    const { logProb } = act(updated.parameters);
    const [alphaLoss, alphaGradient] = valueAndGrad(
      (logAlpha: Expr) => temperatureLoss(logAlpha, logProb, targetEntropy),
      state.logAlpha,
    );
    const clippedAlpha = optim.clipByGlobalNorm(alphaGradient, config.grad_clip_norm);
    const updatedAlpha = optimizers.temperature.update(
      clippedAlpha.gradients,
      state.optimizers.temperature,
      state.logAlpha,
    );
    return {
      outputs: {
        loss_actor: loss,
        actor: clipped.norm,
        loss_temperature: alphaLoss,
        temperature_norm: clippedAlpha.norm,
        temperature: updatedAlpha.parameters.exp().reshape([]),
        entropy: logProb.mean().neg(),
      },
      state: {
        actor: updated.parameters,
        logAlpha: updatedAlpha.parameters,
        optimizers: { actor: updated.state, temperature: updatedAlpha.state },
      },
    };
  };
}
