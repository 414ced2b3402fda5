/** The algorithms a config can name. A plug-in adds its own with one `register` line. */
import { type TypedConfig, TypeRegistry } from "../config/schema/registry.ts";
import { RLPD_PRESET, SACAlgorithmConfigSchema } from "./sac/config.ts";

/** The least an algorithm's config has: the name it is registered under. */
export type RLAlgorithmConfig = TypedConfig;

export const algorithmConfigs = new TypeRegistry<RLAlgorithmConfig>("algorithm")
  .register("sac", SACAlgorithmConfigSchema)
  .registerPreset("rlpd", RLPD_PRESET);
