/** Algorithms by the `type` of their config. A plug-in is a module that calls `registerAlgorithm` when it is imported. */
import type { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import type { GaussianActorPolicy } from "../policies/gaussian_actor/policy.ts";
import type { Policy, PolicyConfig } from "../policies/policy.ts";
import type { CompileOptions, Random } from "../tensor/index.ts";
import type { RLAlgorithm } from "./algorithm.ts";
import { algorithmConfigs, type RLAlgorithmConfig } from "./config.ts";
import { SACAlgorithm } from "./sac/algorithm.ts";
import { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./sac/config.ts";

export interface AlgorithmOptions extends CompileOptions {
  /** Source of all random numbers in training. Default: seed 0. */
  readonly random?: Random;
  /**
   * The decay of a moving average of the policy's weights, in [0, 1). An algorithm may keep it (`averagedWeights`), or leave it
   * to the learner.
   */
  readonly weightAverage?: number;
}

export interface AlgorithmType<Config extends RLAlgorithmConfig = RLAlgorithmConfig, P extends Policy = Policy> {
  /** Strict, with `type: z.literal(type)` and a default for every field. */
  readonly schema: z.ZodType<Config>;
  /** Policy types that it trains. Default: any. */
  readonly policies?: readonly string[];
  /** Creates an algorithm that trains `policy`, starting from its weights. */
  create(config: Config, policy: P, options: AlgorithmOptions): RLAlgorithm;
  /** Values derived from the config of the policy to train. Default: none. */
  fromPolicyConfig?(policy: P["config"]): Readonly<Record<string, unknown>>;
}

const types = new Map<string, AlgorithmType>();

/**
 * Makes `type` available to configs and to `makeAlgorithm`.
 *
 * @throws Error if the type is taken.
 */
export function registerAlgorithm<Config extends RLAlgorithmConfig, P extends Policy>(
  type: string,
  algorithmType: AlgorithmType<Config, P>,
): void {
  algorithmConfigs.register(type, algorithmType.schema as unknown as z.ZodType<RLAlgorithmConfig>);
  types.set(type, algorithmType as unknown as AlgorithmType);
}

const sac: AlgorithmType<SACAlgorithmConfig, GaussianActorPolicy> = {
  schema: SACAlgorithmConfigSchema,
  policies: ["gaussian_actor"],
  create: (config, policy, options) => new SACAlgorithm(config, policy, options),
  fromPolicyConfig: (policy) => ({
    policy_config: policy,
    discrete_critic_network_kwargs: policy.discrete_critic_network_kwargs,
  }),
};
// SAC's schema is registered in the module that parses configs.
types.set("sac", sac as unknown as AlgorithmType);

/**
 * A complete config from a type or preset ("sac", "rlpd") or from some of its values.
 *
 * @throws ConfigError naming an unknown type or key and the nearest known one.
 */
export function makeAlgorithmConfig(
  input: string | ({ readonly type: string } & Record<string, unknown>),
): RLAlgorithmConfig {
  return parseConfig(algorithmConfigs.schema, typeof input === "string" ? { type: input } : input);
}

/**
 * The config of an algorithm for a given policy, like LeRobot's `from_policy_config`.
 *
 * @param input A type or preset, or some of its values, which override those derived from the policy.
 * @throws ConfigError as `makeAlgorithmConfig`; Error for a policy that the algorithm does not train.
 */
export function fromPolicyConfig(
  input: Parameters<typeof makeAlgorithmConfig>[0],
  policy: PolicyConfig,
): RLAlgorithmConfig {
  const { type } = makeAlgorithmConfig(input);
  assertAlgorithmFits({ type }, policy);
  const written = typeof input === "string" ? { type: input } : input;
  return makeAlgorithmConfig({ ...types.get(type)!.fromPolicyConfig?.(policy), ...written });
}

/** @throws Error if the algorithm does not train policies of this type. */
export function assertAlgorithmFits(
  { type }: RLAlgorithmConfig,
  { type: policyType }: Pick<PolicyConfig, "type">,
): void {
  const policies = types.get(type)?.policies;
  if (policies === undefined || policies.includes(policyType)) return;
  const trained = policies.map((name) => `"${name}"`).join(" and ");
  throw new Error(`algorithm "${type}" trains ${trained} policies, policy.type is "${policyType}"`);
}

/** Creates the algorithm of a config. @throws ConfigError for an unknown type; Error for a policy that it does not train. */
export function makeAlgorithm(config: RLAlgorithmConfig, policy: Policy, options: AlgorithmOptions = {}): RLAlgorithm {
  const parsed = parseConfig(algorithmConfigs.schema, config);
  assertAlgorithmFits(parsed, policy.config);
  return types.get(parsed.type)!.create(parsed, policy, options);
}
