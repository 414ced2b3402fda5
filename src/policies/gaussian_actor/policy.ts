/** The Gaussian actor: holds weights, chooses actions, reads and writes LeRobot's files. */
import { join } from "node:path";
import { readConfigFile } from "../../config/load.ts";
import { parseConfig } from "../../config/parse.ts";
import { type Expr, ops, type Random, type RandomInputs } from "../../tensor/index.ts";
import { loadSafetensors } from "../../tensor/safetensors/file.ts";
import type { Metadata } from "../../tensor/safetensors/layout.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../utils/hub/hub.ts";
import { loadBackbone } from "../../vision/index.ts";
import { CompiledPolicy, type SymbolicParameters } from "../compiled_policy.ts";
import type { PolicyOptions } from "../policy.ts";
import { CONFIG_FILE, WEIGHTS_FILE } from "../pretrained_files.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema, gaussianActorWarnings } from "./config.ts";
import type { Observation } from "./encoder.ts";
import { type GaussianActorNetworks, gaussianActorNetworks } from "./networks.ts";
import { isOldPolicyConfig, policyTensors, presentPolicyConfig } from "./old_policy.ts";
import {
  backboneOf,
  initParameters,
  type PolicyParameters,
  parameterNaming,
  toStateDict,
  withBackbone,
} from "./parameters.ts";
import { sample } from "./tanh_gaussian.ts";

type Weights = SymbolicParameters<PolicyParameters>;

export class GaussianActorPolicy extends CompiledPolicy<GaussianActorConfig, PolicyParameters> {
  readonly networks: GaussianActorNetworks;

  /** A policy with the given weights, or freshly initialised ones. */
  constructor(config: GaussianActorConfig, options: PolicyOptions = {}, parameters?: PolicyParameters) {
    const { warn = console.warn } = options;
    if (parameters === undefined) for (const warning of gaussianActorWarnings(config)) warn(warning);
    const networks = gaussianActorNetworks(config);
    const initial = (random: Random) => parameters ?? initParameters(networks, config, random);
    super(config, options, initial, parameterNaming(config));
    this.networks = networks;
  }

  /** A new policy; a pretrained image encoder is loaded from a folder or the Hub. */
  static async create(config: GaussianActorConfig, options: PolicyOptions = {}): Promise<GaussianActorPolicy> {
    const policy = new GaussianActorPolicy(config, options);
    const { vision_encoder_name: name } = config;
    if (name !== null && policy.networks.encoder.cameras.length > 0) {
      const parameters = policy.parameters();
      policy.setParameters(withBackbone(parameters, await loadBackbone(name, backboneOf(parameters.actor.encoder))));
    }
    return policy;
  }

  /**
   * Reads `config.json` and `model.safetensors` from a folder or the Hub, saved by this project or LeRobot, including the
   * format of LeRobot 0.3 and older; `warn` reports ignored content.
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
      ...(leftOut.length > 0
        ? [`left out because they do not belong to the policy: ${leftOut.slice(0, 5).join(", ")}`]
        : []),
    ];
    const more = leftOut.length > 5 ? " …" : "";
    if (notes.length > 0)
      options.warn?.(`${folder} is in the form of LeRobot 0.3 or older: ${notes.join("; ")}${more}`);
    return policy;
  }

  /** All outputs of the networks for an observation, for tests and analysis. */
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

  /** `[batch, n]` in (−1, 1), plus the gripper's discrete action 0 … K−1 as the last element if there is a gripper. */
  protected action(weights: Weights, observation: Observation, random: RandomInputs | undefined): Expr {
    const { mean, variance, discreteValues } = this.distribution(weights, observation);
    const batch = Object.values(observation)[0]!.shape[0]!;
    const noise = random?.normal([batch, this.networks.continuousActions]);
    const continuous = noise === undefined ? mean.tanh() : sample({ mean, variance }, noise).action;
    if (discreteValues === undefined) return continuous;
    const discreteAction = ops.argmax(discreteValues).cast("float32").reshape([-1, 1]);
    return ops.concat([continuous, discreteAction], -1);
  }

  /** LeRobot's aliases of tensors that its module tree reaches in several ways. */
  protected override weightsMetadata(): Metadata {
    return toStateDict(this.parameters(), this.config).metadata;
  }
}
