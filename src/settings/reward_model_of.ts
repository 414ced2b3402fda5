/** The reward model of a config, whichever part of it names one. */
import { z } from "zod";
import { ConfigError } from "../config/error.ts";
import { parseConfig } from "../config/parse.ts";
import { settingsOfEnv } from "../envs/env_types.ts";
import type { RewardModelConfig } from "../rewards/config.ts";
import { rewardModelConfigs } from "../rewards/registry.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

/** Where LeRobot's configs name one. */
const LEROBOT_BLOCK = "env.processor.reward_classifier";
const InEnv = z.object({ [LEROBOT_BLOCK]: rewardModelConfigs.schema });

/**
 * `handrail.reward_model`, or the model that the environment's config names; null if there is none.
 *
 * @throws ConfigError if both name one; the error of an environment that cannot be made.
 */
export function rewardModelOf({
  env,
  handrail,
}: Pick<TrainRLServerPipelineConfig, "env" | "handrail">): RewardModelConfig | null {
  const named = env === null ? undefined : settingsOfEnv(env).rewardModel;
  if (named === undefined) return handrail.reward_model;
  if (handrail.reward_model !== null) {
    const message = `and ${LEROBOT_BLOCK} both name a reward model: remove one of them`;
    throw new ConfigError([{ path: "handrail.reward_model", message }]);
  }
  return parseConfig(InEnv, { [LEROBOT_BLOCK]: named })[LEROBOT_BLOCK]!;
}
