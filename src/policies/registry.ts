/** Policies by the `type` of their config. A plug-in is a module that calls `registerPolicy` when it is imported. */
import { join } from "node:path";
import type { z } from "zod";
import { readConfigFile } from "../config/load.ts";
import { parseConfig } from "../config/parse.ts";
import { isPlainObject } from "../config/path.ts";
import type { DatasetStats } from "../config/schema/features.ts";
import { TypeRegistry } from "../config/schema/registry.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import { loadSafetensors } from "../tensor/safetensors/file.ts";
import { type ResolvePretrainedOptions, resolvePretrained } from "../utils/hub/hub.ts";
import type { ActionBounds } from "./action_bounds.ts";
import { gaussianActorType } from "./gaussian_actor/policy_type.ts";
import type { Policy, PolicyConfig, PolicyOptions } from "./policy.ts";
import type { PolicyAdvice, PolicyType } from "./policy_type.ts";
import { CONFIG_FILE, WEIGHTS_FILE } from "./pretrained_files.ts";

/** The policy types that a config can name. */
export const policyConfigs = new TypeRegistry<PolicyConfig>("policy");

const types = new Map<string, PolicyType>();

/**
 * Makes `type` available to configs, to `makePolicy` and to `loadPretrainedPolicy`.
 *
 * @throws Error if the type is taken.
 */
export function registerPolicy<Config extends PolicyConfig>(type: string, policyType: PolicyType<Config>): void {
  policyConfigs.register(type, policyType.schema as unknown as z.ZodType<PolicyConfig>);
  types.set(type, policyType as unknown as PolicyType);
}

/** Creates the policy of a config, with initial weights. @throws ConfigError for an unknown type or key. */
export async function makePolicy(config: PolicyConfig, options: PolicyOptions = {}): Promise<Policy> {
  const parsed = parseConfig(policyConfigs.schema, config);
  return await typeOf(parsed).create(parsed, options);
}

/**
 * The pipelines around the policy that a config describes: data's units → network, network → the environment's units.
 *
 * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
 * @throws FeatureError naming a feature that needs statistics and has none.
 */
export function makePrePostProcessors(config: PolicyConfig, datasetStats: DatasetStats = {}): PolicyProcessors {
  return typeOf(config).processors(config, datasetStats);
}

/**
 * Reads a policy of any registered type from a folder or the Hub, saved by this project or LeRobot; `options.warn` reports
 * ignored content.
 *
 * @throws ConfigError for an unknown type or a wrong config; Error listing every missing, unexpected or misshapen tensor.
 */
export async function loadPretrainedPolicy(
  nameOrPath: string,
  options: PolicyOptions & Omit<ResolvePretrainedOptions, "filenames"> = {},
): Promise<Policy> {
  const folder = await resolvePretrained(nameOrPath, { ...options, filenames: [CONFIG_FILE, WEIGHTS_FILE] });
  const configFile = join(folder, CONFIG_FILE);
  const content = await readConfigFile(configFile);
  const former = formerTypeOf(content);
  if (former?.load !== undefined) return await former.load(folder, options);
  const config = parseConfig(policyConfigs.schema, content, configFile);
  const type = typeOf(config);
  if (type.load !== undefined) return await type.load(folder, options);
  const policy = await type.create(config, options);
  try {
    const weightsFile = join(folder, WEIGHTS_FILE);
    policy.loadWeights((await loadSafetensors(weightsFile)).tensors, weightsFile);
    return policy;
  } catch (error) {
    await policy.dispose();
    throw error;
  }
}

/** The elements of a policy's actions, from its config. */
export interface PolicyActions {
  /** Number of elements of the environment's action: the continuous ones, plus one for a discrete action. */
  readonly length: number;
  readonly continuous: number;
  /** Number of choices of the discrete element, which is the last; null: no such element. */
  readonly discrete: number | null;
}

export function policyActions(config: PolicyConfig): PolicyActions {
  const continuous = config.output_features.action!.shape[0]!;
  const discrete = typeOf(config).discreteActions?.(config) ?? null;
  return { length: continuous + (discrete === null ? 0 : 1), continuous, discrete };
}

/**
 * Bounds of the continuous elements of a policy's actions, from its config.
 *
 * @throws Error for a contradictory config.
 */
export function policyActionBounds(config: PolicyConfig): ActionBounds {
  const bounds = typeOf(config).actionBounds?.(config);
  if (bounds !== undefined) return bounds;
  const { continuous } = policyActions(config);
  const all = (value: number) => new Float32Array(continuous).fill(value);
  return { low: all(Number.NEGATIVE_INFINITY), high: all(Number.POSITIVE_INFINITY) };
}

/** Shape of the features of each camera's images, if a frozen encoder computes them. */
export function frozenFeatureShapes(config: PolicyConfig): Readonly<Record<string, readonly number[]>> | undefined {
  return typeOf(config).frozenFeatureShapes?.(config);
}

/** Valid settings of this config that are rarely intended. */
export function policyAdvice(config: PolicyConfig): readonly PolicyAdvice[] {
  return typeOf(config).advice?.(config) ?? [];
}

function typeOf({ type }: PolicyConfig): PolicyType {
  const found = types.get(type);
  if (found !== undefined) return found;
  throw new Error(`no policy of the type "${type}" is registered: a plug-in registers it with registerPolicy`);
}

function formerTypeOf(content: unknown): PolicyType | undefined {
  const type = isPlainObject(content) ? content.type : undefined;
  return [...types.values()].find(({ formerTypes }) => formerTypes?.some((former) => former === type));
}

registerPolicy("gaussian_actor", gaussianActorType);

policyConfigs
  .retire(
    "sac",
    'LeRobot split its "sac" policy in two: the network is now the policy "gaussian_actor", and how it learns is the ' +
      'algorithm "sac". Write "policy": {"type": "gaussian_actor", …} and move discount, *_lr, num_critics, ' +
      'temperature_init, utd_ratio and the other training values to "algorithm": {"type": "sac", …}. ' +
      "`handrail config FILE --migrate` does this for you.",
  )
  .retire(
    "reward_classifier",
    "a reward classifier is not a policy: `handrail reward train` trains one, with this file as its --config, and " +
      "handrail.reward_model names it in a training config",
  );

/** LeRobot's policies for imitation. */
for (const type of ["act", "diffusion", "tdmpc", "vqbet", "pi0", "pi0fast", "pi05", "smolvla", "groot", "xvla"]) {
  policyConfigs.retire(
    type,
    `LeRobot's policy "${type}" is not supported: online training runs "gaussian_actor" policies`,
  );
}
