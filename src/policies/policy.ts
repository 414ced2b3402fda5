/**
 * The contract of a policy: it turns observations into actions, and its weights can be read and replaced. Adding one is a
 * class with a config and one registration (see `registerPolicy`).
 */
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { CompileOptions, Random, Tensor } from "../tensor/index.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";

/** What every policy's config has. */
export interface PolicyConfig extends TypedConfig {
  /** What the policy sees, by feature. */
  readonly input_features: PolicyFeatures;
  /** What it does: `action`, with the shape `[n]` of its continuous elements. */
  readonly output_features: PolicyFeatures;
}

/** How a policy is made. */
export interface PolicyOptions extends CompileOptions {
  /** Draws initial weights and exploration noise; seed 0 by default. */
  readonly random?: Random;
  /** Called with what a person should know about the policy; `console.warn` by default. */
  readonly warn?: (message: string) => void;
}

export interface ActOptions {
  /** The best action instead of an exploring one: for evaluation. Default: false. */
  readonly deterministic?: boolean;
}

export interface PolicyResetOptions {
  /** The exploration of the episode continues from this generator's state, which is copied. Default: from its own. */
  readonly random?: Random;
}

export interface Policy<Config extends PolicyConfig = PolicyConfig> {
  readonly config: Config;
  /** Draws exploration noise, and nothing that a deterministic action depends on. Checkpoints save its state. */
  readonly random: Random;
  /**
   * Chooses actions for a batch of preprocessed observations.
   *
   * @param observation Per input feature `[batch, …shape]`, normalised; other entries are ignored.
   * @returns `[batch, n]`, or a chunk of the next actions, `[batch, horizon, n]`; which of the two is fixed for the life of
   * the policy. Continuous elements are normalised, as the postprocessor takes them; a discrete command is the last
   * element and is a whole number. Of a chunk, Handrail's control loop takes the first action and asks again at the next
   * step.
   * @throws Error naming an input feature that is missing, and after `dispose`.
   */
  act(observation: TensorRecord, options?: ActOptions): Promise<Tensor<"float32">>;
  /** Begins an episode: forgets what it remembers of the last one. */
  reset(options?: PolicyResetOptions): void | Promise<void>;
  /** A copy of the weights, by name. */
  weights(): TensorRecord;
  /**
   * Replaces all weights.
   *
   * @param source Where they come from, for messages.
   * @throws Error listing every missing, unexpected or misshapen tensor; the weights are then unchanged.
   */
  loadWeights(weights: TensorRecord, source?: string): void;
  /**
   * Writes `config.json` and `model.safetensors`, each atomically.
   *
   * @param weights Written in place of the policy's own.
   * @throws Error for weights that are not the policy's, before anything is written.
   */
  savePretrained(folder: string, weights?: TensorRecord): Promise<void>;
  /** A standalone `.onnx` model with the present weights: observation features in, the deterministic `action` out. */
  exportOnnx?(batch?: number): Uint8Array<ArrayBuffer>;
  /** Frees the runtime's memory. The policy cannot act afterwards; its weights can still be read. */
  dispose(): Promise<void>;
}

/** How parameters in a tree are named as weights. */
export interface ParameterNaming<Parameters> {
  toWeights(parameters: Parameters): TensorRecord;
  /**
   * @param like Parameters of the expected form.
   * @param source Where the weights come from, for messages.
   * @throws Error listing every missing, unexpected or misshapen tensor.
   */
  fromWeights(weights: TensorRecord, like: Parameters, source: string): Parameters;
}

/** A policy whose weights are one tree of tensors, which a compiled training step can improve. */
export interface TrainablePolicy<Config extends PolicyConfig = PolicyConfig, Parameters = unknown>
  extends Policy<Config> {
  readonly naming: ParameterNaming<Parameters>;
  /** A copy of the weights as a tree. */
  parameters(): Parameters;
}

/** The tree of a trainable policy's weights. */
export type ParametersOf<P extends Pick<TrainablePolicy, "parameters">> = ReturnType<P["parameters"]>;
