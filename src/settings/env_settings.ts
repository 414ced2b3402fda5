/** Settings that every environment type provides. */
import type { EnvSettings } from "../envs/env_type.ts";
import { settingsOfEnv } from "../envs/env_types.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

/** @throws Error without an environment, and for one that cannot be made here. */
export function envSettingsOf({ env }: Pick<TrainRLServerPipelineConfig, "env">): EnvSettings {
  if (env === null) throw new Error("the config has no env: there is nothing to act in");
  return settingsOfEnv(env);
}
