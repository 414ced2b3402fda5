/**
 * The contract of a policy: it turns observations into actions, and its weights can be read and replaced. A new policy
 * is a class with a config and one registration (see `registerPolicy`).
 */
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { CompileOptions, Random, Tensor } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";

/** Required keys of every policy's config. */
export interface PolicyConfig extends TypedConfig {
  /** Inputs, by feature. */
  readonly input_features: PolicyFeatures;
  /** Outputs: `action`, with the shape `[n]` of its continuous elements. */
  readonly output_features: PolicyFeatures;
}

/** Options of creating a policy. */
export interface PolicyOptions extends CompileOptions {
  /** Draws initial weights and exploration noise. Default: seed 0. */
  readonly random?: Random;
  /** Called with messages for the user. Default: `console.warn`. */
  readonly warn?: (message: string) => void;
}

export interface ActOptions {
  /** The best action instead of an exploring one: for evaluation. Default: false. */
  readonly deterministic?: boolean;
}

export interface PolicyResetOptions {
  /** Exploration of the episode continues from this generator's state, which is copied. Default: its own generator. */
  readonly random?: Random;
}

export interface Policy<Config extends PolicyConfig = PolicyConfig> {
  readonly config: Config;
  /** Draws exploration noise only; a deterministic action does not depend on it. Checkpoints save its state. */
  readonly random: Random;
  /**
   * Chooses actions for a batch of preprocessed observations.
   *
   * @param observation Per input feature `[batch, …shape]`, normalised; other entries are ignored.
   * @returns `[batch, n]`, or a chunk of the next actions, `[batch, horizon, n]`; a policy always returns the same of the
   *   two. Continuous elements are normalised, as the postprocessor expects them; a discrete action is the last element and
   *   a whole number. Handrail's control loop takes the first action of a chunk and calls again at the next step.
   * @throws Error naming an input feature that is missing, and after `dispose`.
   */
  act(observation: TensorRecord, options?: ActOptions): Promise<Tensor<"float32">>;
  /** Begins an episode: clears what is remembered of the last one. */
  reset(options?: PolicyResetOptions): void | Promise<void>;
  /** A copy of the weights, by name. */
  weights(): TensorRecord;
  /**
   * Replaces all weights.
   *
   * @param source Origin of the weights, for messages.
   * @throws Error listing every missing, unexpected or misshapen tensor; the weights are then unchanged.
   */
  loadWeights(weights: TensorRecord, source?: string): void;
  /**
   * Writes `config.json` and `model.safetensors`, each atomically.
   *
   * @param weights Written in place of the policy's own.
   * @throws Error for weights that do not fit the policy, before anything is written.
   */
  savePretrained(folder: string, weights?: TensorRecord): Promise<void>;
  /** A standalone `.onnx` model with the present weights: observation features in, the deterministic `action` out. */
  exportOnnx?(batch?: number): Uint8Array<ArrayBuffer>;
  /** Frees the runtime's memory. The policy cannot act afterwards; its weights can still be read. */
  dispose(): Promise<void>;
}

/** Names of the parameters in a tree. */
export interface ParameterNaming<Parameters> {
  toWeights(parameters: Parameters): TensorRecord;
  /**
   * @param like Parameters of the expected form.
   * @param source Origin of the weights, for messages.
   * @throws Error listing every missing, unexpected or misshapen tensor.
   */
  fromWeights(weights: TensorRecord, like: Parameters, source: string): Parameters;
}

/** A policy whose weights are one tree of tensors, which a compiled training step can update. */
export interface TrainablePolicy<Config extends PolicyConfig = PolicyConfig, Parameters = unknown>
  extends Policy<Config> {
  readonly naming: ParameterNaming<Parameters>;
  /** A copy of the weights as a tree. */
  parameters(): Parameters;
}

/** The tree of a trainable policy's weights. */
export type ParametersOf<P extends Pick<TrainablePolicy, "parameters">> = ReturnType<P["parameters"]>;
