/** Soft actor-critic as HIL-SERL trains it: which steps run when, on which batches. The equations are in `losses.ts`. */
import type { GaussianActorConfig } from "../../policies/gaussian_actor/config.ts";
import { valueNetwork } from "../../policies/gaussian_actor/networks.ts";
import {
  type PolicyParameters,
  fromStateDict as policyFromStateDict,
  toStateDict as policyToStateDict,
} from "../../policies/gaussian_actor/parameters.ts";
import type { GaussianActorPolicy } from "../../policies/gaussian_actor/policy.ts";
import {
  type CompileOptions,
  compile,
  flattenTree,
  nn,
  optim,
  type Program,
  Random,
  type RandomSource,
  type RandomState,
  State,
  spec,
  Tensor,
  type TensorSpec,
  type Tree,
  treeFromNames,
} from "../../tensor/index.ts";
import type { TensorRecord } from "../../tensor/safetensors_layout.ts";
import type { BatchIterator, RLAlgorithm, TrainingBatch, TrainingState } from "../algorithm.ts";
import { TrainingStats } from "../training_stats.ts";
import type { SACAlgorithmConfig } from "./config.ts";
import { defaultTargetEntropy } from "./losses.ts";
import { fromStateDict, initialState, policyOf, type SACState, toStateDict, withPolicy } from "./parameters.ts";
import { actorStep, criticStep, type SACModel } from "./steps.ts";

export interface SACOptions extends CompileOptions {
  /** Draws initial critics and everything random in training; seed 0 by default. */
  readonly random?: Random;
  /** Feeds recorded noise instead, to compare with another implementation. */
  readonly noise?: RandomSource;
  /** Whether layers configured with dropout use it in training; true by default. */
  readonly dropout?: boolean;
}

type AnyProgram = Program<Tree<TensorSpec>, Record<string, unknown>>;

export class SACAlgorithm implements RLAlgorithm {
  readonly config: SACAlgorithmConfig;
  readonly policyConfig: GaussianActorConfig;
  readonly random: Random;
  /** H̄, in nats. */
  readonly targetEntropy: number;
  readonly #model: SACModel;
  readonly #state: State<SACState>;
  readonly #critic: AnyProgram;
  readonly #actor: AnyProgram;
  /** The frozen backbone, run once per batch; undefined where images go straight into the steps. */
  readonly #imageFeatures: AnyProgram | undefined;
  #optimizationStep = 0;

  constructor(config: SACAlgorithmConfig, policy: GaussianActorPolicy, options: SACOptions = {}) {
    const { random = new Random(0), noise = random, dropout = true, ...compileOptions } = options;
    const { networks, config: policyConfig } = policy;
    this.config = config;
    this.policyConfig = policyConfig;
    this.random = random;
    this.targetEntropy =
      config.target_entropy ??
      defaultTargetEntropy(networks.continuousActions, policyConfig.num_discrete_actions !== null);
    const { encoder, continuousActions } = networks;
    const head = valueNetwork(encoder.outputSize + continuousActions, 1, config.critic_network_kwargs);
    this.#model = {
      config,
      policyConfig,
      networks,
      critics: nn.ensemble(head, config.num_critics),
      optimizers: this.makeOptimizers(),
      targetEntropy: this.targetEntropy,
      // Separate encoders may hold different backbones, so only a shared one is worth caching.
      cachesImageFeatures:
        encoder.cameras.length > 0 && policyConfig.freeze_vision_encoder && policyConfig.shared_encoder,
      usesDropout: dropout,
    };
    const { critics, optimizers } = this.#model;
    this.#state = new State(initialState(policy.parameters(), critics, config, policyConfig, optimizers, random));
    const observation = this.#observationSpecs(policy);
    const inputs = {
      observation,
      nextObservation: observation,
      action: spec(["batch", continuousActions + (networks.discreteCritic === undefined ? 0 : 1)]),
      reward: spec(["batch"]),
      done: spec(["batch"]),
      ...(networks.discreteCritic === undefined ? {} : { discretePenalty: spec(["batch"]) }),
    };
    const carried = { state: this.#state, random: noise };
    this.#critic = compile(
      criticStep(this.#model) as never,
      { inputs, ...carried },
      compileOptions,
    ) as unknown as AnyProgram;
    this.#actor = compile(
      actorStep(this.#model) as never,
      { inputs: { observation }, ...carried },
      compileOptions,
    ) as unknown as AnyProgram;
    this.#imageFeatures = this.#model.cachesImageFeatures ? this.#compileBackbone(compileOptions) : undefined;
  }

  get optimizationStep(): number {
    return this.#optimizationStep;
  }

  get batchesPerUpdate(): number {
    return this.config.utd_ratio;
  }

  /** One Adam per network, with PyTorch's defaults. */
  makeOptimizers(): SACModel["optimizers"] {
    const { critic_lr, actor_lr, temperature_lr } = this.config;
    return {
      critic: optim.adam({ learningRate: critic_lr }),
      actor: optim.adam({ learningRate: actor_lr }),
      temperature: optim.adam({ learningRate: temperature_lr }),
      discreteCritic: optim.adam({ learningRate: critic_lr }),
    };
  }

  /**
   * `utd_ratio` critic steps, each on a batch of its own; every `policy_update_freq` updates as many actor and
   * temperature steps on the last batch.
   */
  async update(batches: BatchIterator): Promise<TrainingStats> {
    const { utd_ratio, policy_update_freq } = this.config;
    let inputs = await this.#inputs(await batches.next());
    let critic = await this.#critic.run(inputs as never);
    for (let i = 1; i < utd_ratio; i++) {
      inputs = await this.#inputs(await batches.next());
      critic = await this.#critic.run(inputs as never);
    }
    let actor: Record<string, Tensor> = {};
    if (this.#optimizationStep % policy_update_freq === 0) {
      for (let i = 0; i < policy_update_freq; i++) {
        actor = (await this.#actor.run({ observation: inputs.observation } as never)) as Record<string, Tensor>;
      }
    }
    this.#optimizationStep += 1;
    return this.#stats({ ...(critic as Record<string, Tensor>), ...actor });
  }

  /** The policy's parameters as they are now. */
  policyParameters(): PolicyParameters {
    return policyOf(this.#state.read(), this.policyConfig);
  }

  getWeights(): TensorRecord {
    return policyToStateDict(this.policyParameters(), this.policyConfig).tensors;
  }

  loadWeights(weights: TensorRecord): void {
    const policy = policyFromStateDict(weights, this.policyParameters(), this.policyConfig, "the weights");
    this.#state.write(withPolicy(this.#state.read(), policy));
  }

  stateDict(): TensorRecord {
    return toStateDict(this.#state.read(), this.config);
  }

  loadStateDict(tensors: TensorRecord): void {
    this.#state.write(fromStateDict(tensors, this.#state.read(), this.config));
  }

  trainingState(): TrainingState {
    return {
      optimizers: Object.fromEntries(flattenTree(this.#state.read().optimizers as Tree<Tensor>)),
      optimizationStep: this.#optimizationStep,
      random: this.random.state,
    };
  }

  loadTrainingState({ optimizers, optimizationStep, random }: TrainingState): void {
    const state = this.#state.read();
    const values = new Map(Object.entries(optimizers));
    const restored = treeFromNames<SACState["optimizers"], Tensor, Tensor>(
      state.optimizers,
      values,
      "the optimiser state",
    );
    this.#state.write({ ...state, optimizers: restored as SACState["optimizers"] });
    this.random.state = random as unknown as RandomState;
    this.#optimizationStep = optimizationStep;
  }

  async dispose(): Promise<void> {
    for (const program of [this.#critic, this.#actor, this.#imageFeatures]) await program?.dispose();
  }

  async #inputs(batch: TrainingBatch) {
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

  /** The features the networks read, images replaced by their cached encoding. */
  async #observation(given: TensorRecord, what: string): Promise<TensorRecord> {
    const observation: Record<string, Tensor> = {};
    for (const key of Object.keys(this.policyConfig.input_features)) {
      const tensor = given[key];
      if (tensor === undefined) {
        throw new Error(`the batch's ${what} has no "${key}"; it has ${Object.keys(given).join(", ") || "nothing"}`);
      }
      observation[key] = tensor;
    }
    if (this.#imageFeatures === undefined) return observation;
    const cameras = this.#model.networks.encoder.cameras.map(({ key }) => [key, observation[key]!] as const);
    return {
      ...observation,
      ...((await this.#imageFeatures.run(Object.fromEntries(cameras) as never)) as TensorRecord),
    };
  }

  #observationSpecs(policy: GaussianActorPolicy): Record<string, TensorSpec> {
    const { encoder } = policy.networks;
    const cached = this.#model.cachesImageFeatures ? encoder.imageFeatureShapes(policy.parameters().actor.encoder) : {};
    const features = Object.entries(this.policyConfig.input_features);
    return Object.fromEntries(features.map(([key, { shape }]) => [key, spec(["batch", ...(cached[key] ?? shape)])]));
  }

  #compileBackbone(options: CompileOptions): AnyProgram {
    const { encoder } = this.#model.networks;
    const inputs = Object.fromEntries(encoder.cameras.map(({ key, shape }) => [key, spec(["batch", ...shape])]));
    const program = compile(
      (args) => ({ outputs: { ...encoder.imageFeatures(args.state.critic.encoder, args.inputs) } }),
      { inputs, state: this.#state },
      options,
    );
    return program as AnyProgram;
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
