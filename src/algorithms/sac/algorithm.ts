/** Soft actor-critic as in HIL-SERL: schedules the steps and their batches. The equations are in `losses.ts`. */
import type { Observation } from "../../policies/gaussian_actor/encoder.ts";
import { valueNetwork } from "../../policies/gaussian_actor/networks.ts";
import { backboneOf, frozenNames, type PolicyParameters } from "../../policies/gaussian_actor/parameters.ts";
import type { GaussianActorPolicy } from "../../policies/gaussian_actor/policy.ts";
import {
  type Expr,
  flattenTree,
  type MapTree,
  nn,
  optim,
  type Program,
  spec,
  Tensor,
  type TensorSpec,
} from "../../tensor/index.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { BatchIterator, FrozenImageEncoder, TrainingBatch, TrainingState } from "../algorithm.ts";
import { CompiledAlgorithm, type CompiledAlgorithmOptions } from "../compiled_algorithm.ts";
import { TrainingStats } from "../training_stats.ts";
import type { SACAlgorithmConfig } from "./config.ts";
import { defaultTargetEntropy } from "./losses.ts";
import { optimizersFromTensors, optimizerTensors, parameterGroups } from "./optimizer_state.ts";
import { fromStateDict, initialState, policyOf, type SACState, toStateDict, withPolicy } from "./parameters.ts";
import { type SACModel, type SymbolicBatch, updateStep } from "./steps.ts";

export interface SACOptions extends CompiledAlgorithmOptions {
  /** Whether layers configured with dropout use it in training. Default: true. */
  readonly dropout?: boolean;
  /** Encode images once per batch if the backbone is frozen, with equal results. Default: true. */
  readonly cacheImageFeatures?: boolean;
}

type BatchSpecs = MapTree<SymbolicBatch, Expr, TensorSpec>;
type BatchTensors = MapTree<SymbolicBatch, Expr, Tensor>;
type UpdateSpecs = { readonly batches: readonly BatchSpecs[] };
type Features = Record<string, TensorSpec>;
type Outputs = Readonly<Record<string, Expr>>;

export class SACAlgorithm extends CompiledAlgorithm<SACState, GaussianActorPolicy> {
  readonly config: SACAlgorithmConfig;
  /** H̄, in nats. */
  readonly targetEntropy: number;
  readonly #model: SACModel;
  /** Compiled updates with and without an actor step (see `policy_update_freq`). */
  readonly #update: Program<UpdateSpecs, Outputs>;
  readonly #criticsOnly: Program<UpdateSpecs, Outputs>;
  /** The frozen backbone; undefined if the steps take images. */
  readonly imageEncoder: FrozenImageEncoder | undefined;

  constructor(config: SACAlgorithmConfig, policy: GaussianActorPolicy, options: SACOptions = {}) {
    const { dropout = true, cacheImageFeatures = true, ...common } = options;
    const model = sacModel(config, policy, { dropout, cacheImageFeatures });
    super(policy, common, (parameters, random) =>
      initialState(parameters, model.critics, config, policy.config, model.optimizers, random),
    );
    // A saved algorithm's config includes its policy's, as in LeRobot.
    this.config = { ...config, policy_config: policy.config };
    this.targetEntropy = model.targetEntropy;
    this.#model = model;
    const hasGripper = model.networks.discreteCritic !== undefined;
    const observation = this.observationSpecs();
    const batch: BatchSpecs = {
      observation,
      nextObservation: observation,
      action: spec(["batch", model.networks.continuousActions + (hasGripper ? 1 : 0)]),
      reward: spec(["batch"]),
      done: spec(["batch"]),
      ...(hasGripper ? { discretePenalty: spec(["batch"]) } : {}),
    };
    const inputs: UpdateSpecs = { batches: Array.from({ length: config.utd_ratio }, () => batch) };
    this.#update = this.compileUpdateStep(updateStep(model, config.policy_update_freq), inputs);
    const alwaysStepsActor = config.policy_update_freq === 1;
    this.#criticsOnly = alwaysStepsActor ? this.#update : this.compileUpdateStep(updateStep(model, 0), inputs);
    this.imageEncoder = model.cachesImageFeatures ? this.#frozenBackbone() : undefined;
  }

  get frozenWeights(): ReadonlySet<string> {
    return frozenNames(this.policyOf(this.state.like), this.policyConfig);
  }

  get batchesPerUpdate(): number {
    return this.config.utd_ratio;
  }

  /**
   * `utd_ratio` critic steps, each on its own batch; every `policy_update_freq` updates, as many actor and temperature steps
   * on the last batch.
   */
  async update(batches: BatchIterator): Promise<TrainingStats> {
    const { utd_ratio, policy_update_freq } = this.config;
    const inputs: BatchTensors[] = [];
    for (let i = 0; i < utd_ratio; i++) inputs.push(await this.#batchInputs(await batches.next()));
    const stepsActor = this.updates % policy_update_freq === 0;
    const outputs = await (stepsActor ? this.#update : this.#criticsOnly).run({ batches: inputs });
    this.updates += 1;
    return this.#stats(outputs);
  }

  protected policyOf(state: SACState): PolicyParameters {
    return policyOf(state, this.policyConfig);
  }

  protected withPolicy(state: SACState, policy: PolicyParameters): SACState {
    return withPolicy(state, policy);
  }

  protected override ownTensors(state: SACState): TensorRecord {
    return toStateDict(state, this.config);
  }

  protected override withOwnTensors(state: SACState, tensors: TensorRecord): SACState {
    return fromStateDict(tensors, state, this.config);
  }

  protected override optimizerTensors(state: SACState): TensorRecord {
    return optimizerTensors(state, this.config);
  }

  protected override optimizersFrom(tensors: TensorRecord, state: SACState): SACState["optimizers"] {
    return optimizersFromTensors(tensors, state, this.config);
  }

  override trainingState(): TrainingState {
    return { ...super.trainingState(), parameterGroups: parameterGroups(this.state.like, this.config) };
  }

  async #batchInputs(batch: TrainingBatch): Promise<BatchTensors> {
    const discretePenalty = batch.complementaryInfo.discrete_penalty ?? Tensor.zeros([batch.size]);
    const { action, reward, done } = batch;
    return {
      observation: await this.#observation(batch.observation, "observation"),
      nextObservation: await this.#observation(batch.nextObservation, "next observation"),
      action,
      reward,
      done,
      ...(this.policyConfig.num_discrete_actions === null ? {} : { discretePenalty }),
    };
  }

  /** The features the networks read: images are encoded, once per batch, unless the batch has their features. */
  async #observation(given: TensorRecord, what: string): Promise<TensorRecord> {
    const observation = this.inputFeatures(given, what);
    const encoder = this.imageEncoder;
    if (encoder === undefined) return observation;
    const cameras = Object.entries(encoder.featureShapes).map(([key, shape]) => {
      const image = observation[key]!;
      return { key, image, isEncoded: image.shape.slice(1).join() === shape.join() };
    });
    if (cameras.every(({ isEncoded }) => isEncoded)) return observation;
    return {
      ...observation,
      ...(await encoder.encode(Object.fromEntries(cameras.map(({ key, image }) => [key, image])))),
    };
  }

  /** Shapes of a camera's input to the steps if features are cached. */
  protected override observationSpecs(): Record<string, TensorSpec> {
    const { encoder } = this.#model.networks;
    if (!this.#model.cachesImageFeatures) return super.observationSpecs();
    const cached = Object.entries(encoder.imageFeatureShapes(this.state.like.critic.encoder));
    const features = cached.map(([key, shape]) => [key, spec(["batch", ...shape])]);
    return { ...super.observationSpecs(), ...Object.fromEntries(features) };
  }

  #frozenBackbone(): FrozenImageEncoder {
    const { encoder } = this.#model.networks;
    const inputs = Object.fromEntries(encoder.cameras.map(({ key, shape }) => [key, spec(["batch", ...shape])]));
    const program: Program<Features, Observation> = this.compileStep(
      (args) => ({ outputs: encoder.imageFeatures(args.state.critic.encoder, args.inputs) }),
      inputs,
    );
    return {
      featureShapes: encoder.imageFeatureShapes(this.state.like.critic.encoder),
      weights: () => Object.fromEntries(flattenTree<Tensor>(backboneOf(this.state.read().critic.encoder) as never)),
      encode: (images) => program.run(images),
    };
  }

  #stats(outputs: Readonly<Record<string, Tensor>>): TrainingStats {
    const pick = (names: Readonly<Record<string, string>>) =>
      Object.fromEntries(
        Object.entries(names).flatMap(([name, output]) => {
          const tensor = outputs[output];
          return tensor === undefined ? [] : [[name, tensor.item()]];
        }),
      );
    const same = (...names: string[]) => pick(Object.fromEntries(names.map((name) => [name, name])));
    return new TrainingStats({
      losses: same("loss_critic", "loss_discrete_critic", "loss_actor", "loss_temperature"),
      gradNorms: {
        ...same("critic", "discrete_critic", "actor"),
        ...pick({ temperature: "temperature_norm" }),
      },
      extra: same("temperature", "q_mean", "entropy"),
    });
  }
}

function sacModel(
  config: SACAlgorithmConfig,
  policy: GaussianActorPolicy,
  options: Required<Pick<SACOptions, "dropout" | "cacheImageFeatures">>,
): SACModel {
  const { networks, config: policyConfig } = policy;
  const { encoder, continuousActions } = networks;
  const head = valueNetwork(encoder.outputSize + continuousActions, 1, config.critic_network_kwargs);
  return {
    config,
    policyConfig,
    networks,
    critics: nn.ensemble(head, config.num_critics),
    // One Adam per network, with PyTorch's defaults.
    optimizers: {
      critic: optim.adam({ learningRate: config.critic_lr }),
      actor: optim.adam({ learningRate: config.actor_lr }),
      temperature: optim.adam({ learningRate: config.temperature_lr }),
      discreteCritic: optim.adam({ learningRate: config.critic_lr }),
    },
    targetEntropy:
      config.target_entropy ?? defaultTargetEntropy(continuousActions, policyConfig.num_discrete_actions !== null),
    // Separate encoders may hold different backbones, so only a shared one is worth caching.
    cachesImageFeatures:
      options.cacheImageFeatures &&
      encoder.cameras.length > 0 &&
      policyConfig.freeze_vision_encoder &&
      policyConfig.shared_encoder,
    usesDropout: options.dropout,
  };
}
