/** The Gaussian actor: what drives the robot. Holds weights, chooses actions, reads and writes LeRobot's files. */
import { join } from "node:path";
import { readConfigFile } from "../../config/load.ts";
import { parseConfig } from "../../config/parse.ts";
import {
  type CompileOptions,
  compile,
  constant,
  type Expr,
  type MapTree,
  mapTree,
  ops,
  type Program,
  Random,
  State,
  spec,
  type Tensor,
  type TensorSpec,
} from "../../tensor/index.ts";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../utils/hub.ts";
import { makeFolder } from "../../utils/make_folder.ts";
import { writeFileAtomic } from "../../utils/write_file_atomic.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema, gaussianActorWarnings } from "./config.ts";
import type { Observation } from "./encoder.ts";
import { type GaussianActorNetworks, gaussianActorNetworks } from "./networks.ts";
import { isOldPolicyConfig, policyTensors, presentPolicyConfig } from "./old_policy.ts";
import { fromStateDict, initParameters, type PolicyParameters, toStateDict, withBackbone } from "./parameters.ts";
import { sample } from "./tanh_gaussian.ts";

const CONFIG_FILE = "config.json";
const WEIGHTS_FILE = "model.safetensors";

export interface PolicyOptions extends CompileOptions {
  /** Draws initial weights and exploration noise; seed 0 by default. */
  readonly random?: Random;
  readonly warn?: (message: string) => void;
}

export interface SelectActionOptions {
  /** tanh(μ) instead of a sample: for evaluation. */
  readonly deterministic?: boolean;
}

type Weights = MapTree<PolicyParameters, Tensor, Expr>;
type ActionProgram = Program<{ observation: Record<string, TensorSpec> }, { action: Expr }>;

export class GaussianActorPolicy {
  readonly config: GaussianActorConfig;
  readonly networks: GaussianActorNetworks;
  readonly random: Random;
  readonly #state: State<PolicyParameters>;
  readonly #options: CompileOptions;
  readonly #programs = new Map<boolean, ActionProgram>();

  /** A policy with the given weights, or freshly initialised ones. */
  constructor(config: GaussianActorConfig, options: PolicyOptions = {}, parameters?: PolicyParameters) {
    const { random = new Random(0), warn = console.warn, ...compileOptions } = options;
    if (parameters === undefined) for (const warning of gaussianActorWarnings(config)) warn(warning);
    this.config = config;
    this.networks = gaussianActorNetworks(config);
    this.random = random;
    this.#options = compileOptions;
    this.#state = new State(parameters ?? initParameters(this.networks, config, random));
  }

  /** A new policy; a pretrained image encoder is found by folder or Hub id. */
  static async create(config: GaussianActorConfig, options: PolicyOptions = {}): Promise<GaussianActorPolicy> {
    const policy = new GaussianActorPolicy(config, options);
    const { vision_encoder_name: name } = config;
    if (name !== null && policy.networks.encoder.cameras.length > 0) {
      const file = join(await resolvePretrained(name, { filenames: [WEIGHTS_FILE] }), WEIGHTS_FILE);
      const { tensors } = await loadSafetensors(file);
      policy.#state.write(withBackbone(policy.parameters(), tensors, file));
    }
    return policy;
  }

  /**
   * Reads `config.json` and `model.safetensors` from a folder or the Hub, this project's or LeRobot's, also in the form that
   * LeRobot had until 0.3; `warn` is then notified of what is left out.
   *
   * @throws ConfigError for the config; Error listing every missing, unexpected or misshapen tensor.
   */
  static async fromPretrained(
    nameOrPath: string,
    options: PolicyOptions & Omit<ResolvePretrainedOptions, "filenames"> = {},
  ): Promise<GaussianActorPolicy> {
    const folder = await resolvePretrained(nameOrPath, { ...options, filenames: [CONFIG_FILE, WEIGHTS_FILE] });
    const configFile = join(folder, CONFIG_FILE);
    const weightsFile = join(folder, WEIGHTS_FILE);
    const content = await readConfigFile(configFile);
    const load = async () => (await loadSafetensors(weightsFile)).tensors;
    const isOld = isOldPolicyConfig(content);
    const present = isOld ? presentPolicyConfig(content, await load()) : content;
    const config = parseConfig(GaussianActorConfigSchema, present, configFile);
    const policy = new GaussianActorPolicy(config, { ...options, warn: () => {} });
    const { tensors, leftOut, statistics } = policyTensors(await load());
    policy.loadWeights(tensors, weightsFile);
    const notes = [
      ...(isOld && statistics.length > 0 ? ["the statistics saved among its weights replace its config's"] : []),
      ...(!isOld && statistics.length > 0 ? ["the statistics saved among its weights are left out"] : []),
      ...(leftOut.length > 0 ? [`left out, for they are not the policy's: ${leftOut.slice(0, 5).join(", ")}`] : []),
    ];
    const more = leftOut.length > 5 ? " …" : "";
    if (notes.length > 0)
      options.warn?.(`${folder} is in the form of LeRobot 0.3 or older: ${notes.join("; ")}${more}`);
    return policy;
  }

  /** Writes `config.json` and `model.safetensors` in LeRobot's layout, each atomically. */
  async savePretrained(folder: string): Promise<void> {
    await makeFolder(folder);
    const { tensors, metadata } = toStateDict(this.parameters(), this.config);
    await writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(this.config, null, 4)}\n`);
    await saveSafetensors(join(folder, WEIGHTS_FILE), tensors, metadata);
  }

  /** A copy of the weights. */
  parameters(): PolicyParameters {
    return this.#state.read();
  }

  /** Weights by LeRobot's names. */
  weights(): TensorRecord {
    return toStateDict(this.parameters(), this.config).tensors;
  }

  /** @throws Error listing every missing, unexpected or misshapen tensor; the weights are then unchanged. */
  loadWeights(weights: TensorRecord, source = "the state dict"): void {
    this.#state.write(fromStateDict(weights, this.#state.like, this.config, source));
  }

  /**
   * Chooses actions for a batch of preprocessed observations.
   *
   * @param observation Per input feature `[batch, …shape]`, normalised; other entries are ignored.
   * @returns `[batch, n]` in (−1, 1), and the gripper command 0 … K−1 as one more element if there is a gripper.
   * @throws Error naming a feature that is missing.
   */
  async selectAction(
    observation: TensorRecord,
    { deterministic = false }: SelectActionOptions = {},
  ): Promise<Tensor<"float32">> {
    const inputs: Record<string, Tensor> = {};
    for (const key of Object.keys(this.config.input_features)) {
      const tensor = observation[key];
      if (tensor === undefined) {
        const given = Object.keys(observation).join(", ") || "nothing";
        throw new Error(`the observation has no "${key}", which the policy needs; it has ${given}`);
      }
      inputs[key] = tensor;
    }
    const { action } = await this.#program(deterministic).run({ observation: inputs });
    return action as Tensor<"float32">;
  }

  /** Everything the networks say about an observation, for tests and analysis. */
  distribution(
    weights: Weights,
    observation: Observation,
  ): { mean: Expr; variance: Expr; discreteValues: Expr | undefined } {
    const { encoder, actor, discreteCritic } = this.networks;
    const { mean, variance } = actor.apply(weights.actor, encoder.apply(weights.actor.encoder, observation));
    const criticEncoder = weights.encoder_critic ?? weights.actor.encoder;
    const discreteValues = discreteCritic?.apply(weights.discrete_critic!, encoder.apply(criticEncoder, observation));
    return { mean, variance, discreteValues };
  }

  /** A standalone `.onnx` model with the present weights: observation features in, the deterministic `action` out. */
  exportOnnx(batch = 1): Uint8Array<ArrayBuffer> {
    const parameters = this.parameters();
    const program = compile(
      ({ inputs }) => {
        const weights = mapTree<PolicyParameters, Tensor, Expr>(parameters, (tensor) => constant(tensor));
        return { outputs: { action: this.#action(weights, inputs, undefined) } };
      },
      { inputs: this.#specs(batch) },
    );
    return program.onnx();
  }

  /** Frees the runtime's memory. */
  async dispose(): Promise<void> {
    for (const program of this.#programs.values()) await program.dispose();
    this.#programs.clear();
  }

  #program(deterministic: boolean): ActionProgram {
    const known = this.#programs.get(deterministic);
    if (known !== undefined) return known;
    const { continuousActions } = this.networks;
    const program = compile(
      ({ inputs: { observation }, state, random }) => {
        const batch = Object.values(observation)[0]!.shape[0]!;
        const noise = deterministic ? undefined : random.normal([batch, continuousActions]);
        return { outputs: { action: this.#action(state, observation, noise) } };
      },
      { inputs: { observation: this.#specs("batch") }, state: this.#state, random: this.random },
      this.#options,
    );
    this.#programs.set(deterministic, program);
    return program;
  }

  #specs(batch: number | string): Record<string, TensorSpec> {
    const features = Object.entries(this.config.input_features);
    return Object.fromEntries(features.map(([key, { shape }]) => [key, spec([batch, ...shape])]));
  }

  #action(weights: Weights, observation: Observation, noise: Expr | undefined): Expr {
    const { mean, variance, discreteValues } = this.distribution(weights, observation);
    const continuous = noise === undefined ? mean.tanh() : sample({ mean, variance }, noise).action;
    if (discreteValues === undefined) return continuous;
    const command = ops.argmax(discreteValues).cast("float32").reshape([-1, 1]);
    return ops.concat([continuous, command], -1);
  }
}
