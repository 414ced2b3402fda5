/** `handrail.reward_model`: what every type's config has, whatever its own settings. */
import { z } from "zod";

export const successSettings = {
  success_threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Probability from which an observation is a success."),
  success_reward: z.number().default(1).describe("Reward of a step with success; the others have 0."),
  debounce: z
    .int()
    .min(1)
    .default(1)
    .describe("Observations in a row that must reach the threshold, so that a single wrong one ends nothing."),
};

/** A config of any type: its own settings stand beside these. */
export const RewardModelConfigSchema = z.looseObject({
  type: z.string().describe("Which one; its own settings stand beside it."),
  ...successSettings,
});

/** The part that every type shares. */
export interface RewardModelConfig {
  readonly type: string;
  readonly success_threshold: number;
  readonly success_reward: number;
  readonly debounce: number;
}
