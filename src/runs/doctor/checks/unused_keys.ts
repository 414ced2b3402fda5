/** Finds keys without an effect. */
import { parsePath, valueAt } from "../../../config/path.ts";
import { unusedKeys } from "../../../config/schema/schema_walk.ts";
import { TrainRLServerPipelineConfigSchema } from "../../../settings/config.ts";
import { configDefaults } from "../../../settings/config_defaults.ts";
import { type Check, type Finding, ok, warning } from "../check.ts";
import type { SetupContext } from "../setup_context.ts";

/** Keys that only actors and their buffers use. */
export const ONLY_WITH_ACTORS = [
  "mixer",
  "online_ratio",
  "policy.online_steps",
  "policy.online_step_before_learning",
  "policy.online_buffer_capacity",
  "policy.offline_buffer_capacity",
  "policy.actor_learner_config",
  "handrail.pacing",
  "handrail.updates_per_step",
  "handrail.deterministic_episodes",
  "handrail.image_features",
  "handrail.transport",
  "handrail.watchdog",
  "handrail.on_sensor_fault",
  "handrail.operator",
  "env.teleop",
];
export const ONLY_WITHOUT_ACTORS = ["steps", "env_eval_freq"];

export const unusedKeysCheck: Check = {
  name: "unused keys",
  run(setup) {
    const findings = [...unusedAnywhere(setup), ...unusedHere(setup)];
    return findings.length > 0 ? findings : [ok("every key that is set has an effect")];
  },
};

function unusedAnywhere({ written }: SetupContext): Finding[] {
  const keys = unusedKeys(TrainRLServerPipelineConfigSchema, written);
  if (keys.length === 0) return [];
  const why = "They are LeRobot's. Handrail keeps them in the file but does not use them.";
  const todo = "Remove them, unless LeRobot reads this file too.";
  return [warning(`no effect: ${keys.join(", ")}`, { why, todo })];
}

function unusedHere({ written, config, isOffline }: SetupContext): Finding[] {
  const defaults = configDefaults(config);
  const keys = (isOffline ? ONLY_WITH_ACTORS : ONLY_WITHOUT_ACTORS).filter((key) => {
    const path = parsePath(key);
    if (valueAt(written, path) === undefined) return false;
    // A section that is written out with its defaults does not count as set.
    return JSON.stringify(valueAt(config, path)) !== JSON.stringify(valueAt(defaults, path));
  });
  if (keys.length === 0) return [];
  const [what, todo] = isOffline
    ? ["without actors", "Remove them, unless the file is also for `handrail train`."]
    : ["with actors", "They are for `handrail learn`: `handrail doctor --offline` checks a config for it."];
  return [warning(`no effect ${what}: ${keys.join(", ")}`, { todo })];
}
