/** Environment types by the `type` of their config. A plug-in is a module that calls `registerEnvType` when it is imported. */
import type { z } from "zod";
import type { TypedConfig } from "../config/schema/registry.ts";
import { envConfigs } from "./config.ts";
import type { EnvContext, EnvSettings, EnvType } from "./env_type.ts";
import { gymManipulator } from "./gym_manipulator/gym_manipulator.ts";
import type { ConfiguredEnv } from "./processed_env.ts";

const types = new Map<string, EnvType<never>>([["gym_manipulator", gymManipulator as EnvType<never>]]);

/**
 * Makes the `env.type` available to configs.
 *
 * @param envType Its schema is strict, with `type: z.literal(type)` and a default for every field.
 * @throws Error when the type is taken.
 */
export function registerEnvType<Config extends TypedConfig>(type: string, envType: EnvType<Config>): void {
  envConfigs.register(type, envType.schema as unknown as z.ZodType<TypedConfig>);
  types.set(type, envType as EnvType<never>);
}

function envTypeOf({ type }: TypedConfig): EnvType<TypedConfig> {
  const envType = types.get(type);
  if (envType === undefined) throw new Error(`env.type is "${type}"; known: ${[...types.keys()].join(", ")}`);
  return envType as unknown as EnvType<TypedConfig>;
}

/** @throws Error for a config whose environment cannot be made here. */
export function settingsOfEnv(config: TypedConfig): EnvSettings {
  return envTypeOf(config).settings(config);
}

/** @throws Error or ConfigError when it cannot be created. */
export function makeConfiguredEnv(config: TypedConfig, context: EnvContext): Promise<ConfiguredEnv> {
  return envTypeOf(config).create(config, context);
}
