/** `handrail.reward_model`: settings shared by every reward model type. */
import { z } from "zod";

export const successSettings = {
  success_threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Probability from which an observation is a success."),
  success_reward: z.number().default(1).describe("Reward of a step with success. Other steps get 0."),
  debounce: z
    .int()
    .min(1)
    .default(1)
    .describe(
      "Consecutive observations that must reach the threshold, so that one wrong judgement does not end an episode.",
    ),
};

/** A config of any type; the type's own settings are further keys. */
export const RewardModelConfigSchema = z.looseObject({
  type: z.string().describe("Type. Its own settings stand beside it."),
  ...successSettings,
});

/** The part that every type shares. */
export interface RewardModelConfig {
  readonly type: string;
  /** null: the model's own. */
  readonly success_threshold: number | null;
  readonly success_reward: number;
  /** null: the model's own. */
  readonly debounce: number | null;
}

/** When observations are a success. */
export interface SuccessDecision {
  /** Probability from which one is. */
  readonly success_threshold: number;
  /** Consecutive observations that must reach it. */
  readonly debounce: number;
}
