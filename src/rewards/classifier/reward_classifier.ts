/** LeRobot's reward classifier: judges single observations by their camera images. */
import type { PolicyFeatures } from "../../config/schema/features.ts";
import {
  type CompileOptions,
  compile,
  constant,
  type Expr,
  type nn,
  type Program,
  Random,
  State,
  spec,
  Tensor,
  type TensorSpec,
} from "../../tensor/index.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { RewardModel } from "../reward_model.ts";
import { type Decision, type LoadCheckpointOptions, loadCheckpoint } from "./checkpoint.ts";
import type { RewardClassifierConfig } from "./config.ts";
import { ClassifierNetwork, type ClassifierParameters, type PerCamera, successProbability } from "./network.ts";
import type { ChannelMap, ImageNormalization } from "./normalization.ts";
import { fromStateDict } from "./parameters.ts";

export interface RewardClassifierOptions extends CompileOptions {
  /** Draws the first weights. Default: seed 0. */
  readonly random?: Random;
  /** How images are normalised. Default: not at all, they are in [0, 1]. */
  readonly normalization?: ImageNormalization | undefined;
  /** The decision that suits this classifier. */
  readonly decision?: Decision | undefined;
  readonly description?: string | undefined;
}

export interface LoadClassifierOptions extends LoadCheckpointOptions {
  /** Whether images are normalised as in training. false: as LeRobot deploys it, in [0, 1]. Default: true. */
  readonly normalize?: boolean;
  readonly compile?: CompileOptions;
}

export class RewardClassifier implements RewardModel {
  readonly config: RewardClassifierConfig;
  readonly network: ClassifierNetwork;
  readonly normalization: ImageNormalization;
  readonly inputFeatures: PolicyFeatures;
  readonly defaults: Decision | undefined;
  readonly description: string | undefined;
  readonly #state: State<ClassifierParameters>;
  readonly #program: Program<Record<string, TensorSpec>, { probability: Expr }>;
  #closed = false;

  /** A classifier with the given weights, or freshly initialised ones. */
  constructor(
    config: RewardClassifierConfig,
    options: RewardClassifierOptions = {},
    parameters?: ClassifierParameters,
  ) {
    const { random = new Random(0), normalization = {}, decision, description, ...compileOptions } = options;
    this.config = config;
    this.network = new ClassifierNetwork(config);
    this.normalization = normalization;
    this.defaults = decision;
    this.description = description;
    this.inputFeatures = Object.fromEntries(
      this.network.cameras.map(({ key, shape }) => [key, { type: "VISUAL", shape }]),
    );
    this.#state = new State(parameters ?? this.network.init(random));
    this.#program = compile(
      ({ inputs, state }) => {
        const images = normalized(inputs, this.normalization);
        return { outputs: { probability: successProbability(this.network.apply(state, images)) } };
      },
      { inputs: imageSpecs(this.network, "batch"), state: this.#state },
      compileOptions,
    );
  }

  /** A new classifier. A pretrained encoder is loaded from a folder or the Hub. */
  static async create(
    config: RewardClassifierConfig,
    options: RewardClassifierOptions = {},
  ): Promise<RewardClassifier> {
    const network = new ClassifierNetwork(config);
    const initial = network.init(options.random ?? new Random(0));
    const encoder = await network.encoder.load(initial.encoder);
    return new RewardClassifier(config, options, { ...initial, encoder });
  }

  /**
   * Reads a saved classifier from a folder or the Hub; see `loadCheckpoint`. Its encoder is part of the file.
   *
   * @throws ConfigError for the config; Error listing every missing, unexpected or misshapen tensor.
   */
  static async fromPretrained(
    nameOrPath: string,
    { normalize = true, compile: compileOptions = {}, ...options }: LoadClassifierOptions = {},
  ): Promise<RewardClassifier> {
    const { note = () => {} } = options;
    const saved = await loadCheckpoint(nameOrPath, options);
    const description = !normalize
      ? "images are not normalised, as in LeRobot's deployment"
      : saved.normalizedBy === undefined
        ? "images are not normalised, since nothing is saved about it"
        : `images are normalised by ${saved.normalizedBy}`;
    note(`${saved.folder}: ${description}`);
    const like = new ClassifierNetwork(saved.config).init(new Random(0));
    const parameters = fromStateDict(saved.weights, like, `${saved.folder}/model.safetensors`);
    const { decision } = saved;
    const normalization = normalize ? saved.normalization : undefined;
    return new RewardClassifier(saved.config, { ...compileOptions, normalization, decision, description }, parameters);
  }

  parameters(): ClassifierParameters {
    return this.#state.read();
  }

  /** @throws Error for parameters of another form. */
  setParameters(parameters: ClassifierParameters): void {
    this.#state.write(parameters);
  }

  async judge(observation: TensorRecord): Promise<number> {
    const images = this.network.cameras.map(({ key }) => {
      const image = observation[key];
      if (image === undefined) {
        const given = Object.keys(observation).join(", ") || "nothing";
        throw new Error(`the observation has no "${key}", which the reward classifier needs; it has ${given}`);
      }
      return [key, image.reshape([1, ...image.shape])] as const;
    });
    return (await this.probabilities(Object.fromEntries(images)))[0]!;
  }

  /**
   * The probability of success of each observation in a batch.
   *
   * @param images By camera, `[batch, channels, height, width]`, 8 bits.
   */
  async probabilities(images: Readonly<Record<string, Tensor>>): Promise<Float32Array> {
    if (this.#closed) throw new Error("the reward classifier is closed: load it again");
    const { probability } = await this.#program.run(images);
    return probability.data as Float32Array;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#program.dispose();
  }
}

/** Images of 8 bits by camera. */
export function imageSpecs(network: ClassifierNetwork, batch: number | string): Record<string, TensorSpec> {
  return Object.fromEntries(network.cameras.map(({ key, shape }) => [key, spec([batch, ...shape], "uint8")]));
}

/** Images of 8 bits as the network sees them. */
export function normalized(images: nn.Symbolic<Record<string, Tensor>>, normalization: ImageNormalization): PerCamera {
  return Object.fromEntries(
    Object.entries(images).map(([key, image]) => [key, normalizedImage(image, normalization[key])]),
  );
}

function normalizedImage(image: Expr, map: ChannelMap | undefined): Expr {
  const pixels = image.cast("float32");
  if (map === undefined) return pixels.mul(1 / 255);
  const channels = map.scale.length;
  const perChannel = (values: readonly number[]) => constant(Tensor.of([1, channels, 1, 1], values));
  return pixels.mul(perChannel(map.scale.map((scale) => scale / 255))).add(perChannel(map.offset));
}
