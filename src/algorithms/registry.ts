/** Algorithms by the `type` of their config. A plug-in is a module that calls `registerAlgorithm` when it is imported. */
import type { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import type { GaussianActorPolicy } from "../policies/gaussian_actor/policy.ts";
import type { CompileOptions, Random } from "../tensor/index.ts";
import type { RLAlgorithm } from "./algorithm.ts";
import { algorithmConfigs, type RLAlgorithmConfig } from "./config.ts";
import { SACAlgorithm } from "./sac/algorithm.ts";
import { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./sac/config.ts";

export interface AlgorithmOptions extends CompileOptions {
  /** Draws everything random in training; seed 0 by default. */
  readonly random?: Random;
}

/** Builds an algorithm that improves `policy`, starting from its weights. */
export type AlgorithmFactory<Config> = (
  config: Config,
  policy: GaussianActorPolicy,
  options: AlgorithmOptions,
) => RLAlgorithm;

const factories = new Map<string, AlgorithmFactory<never>>();

/**
 * Makes `type` available to configs and to `makeAlgorithm`.
 *
 * @param schema Strict, with `type: z.literal(type)` and a default for every field.
 * @throws Error when the type is taken.
 */
export function registerAlgorithm<Config extends RLAlgorithmConfig>(
  type: string,
  schema: z.ZodType<Config>,
  create: AlgorithmFactory<Config>,
): void {
  algorithmConfigs.register(type, schema as unknown as z.ZodType<RLAlgorithmConfig>);
  factories.set(type, create);
}

factories.set(
  SACAlgorithmConfigSchema.shape.type.value,
  ((config: SACAlgorithmConfig, policy, options) =>
    new SACAlgorithm(
      config,
      policy,
      options,
    )) satisfies AlgorithmFactory<SACAlgorithmConfig> as AlgorithmFactory<never>,
);

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

/** The algorithm a config names. @throws ConfigError for an unknown type. */
export function makeAlgorithm(
  config: RLAlgorithmConfig,
  policy: GaussianActorPolicy,
  options: AlgorithmOptions = {},
): RLAlgorithm {
  const parsed = parseConfig(algorithmConfigs.schema, config);
  return factories.get(parsed.type)!(parsed as never, policy, options);
}
