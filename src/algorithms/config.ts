/** The algorithm types that a config can name. A plug-in adds its own with one `register` line. */
import { type TypedConfig, TypeRegistry } from "../config/schema/registry.ts";
import { RLPD_PRESET, SACAlgorithmConfigSchema } from "./sac/config.ts";

/** The minimum of an algorithm's config: its registered name. */
export type RLAlgorithmConfig = TypedConfig;

export const algorithmConfigs = new TypeRegistry<RLAlgorithmConfig>("algorithm")
  .register("sac", SACAlgorithmConfigSchema)
  .registerPreset("rlpd", RLPD_PRESET);
