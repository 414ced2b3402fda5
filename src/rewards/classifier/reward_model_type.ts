/** The reward classifier as a reward model that a config can name. */
import { z } from "zod";
import { nameText } from "../../config/schema/name_text.ts";
import type { RewardModelConfig } from "../config.ts";
import type { RewardModelType } from "../reward_model.ts";
import { RewardClassifier } from "./reward_classifier.ts";

const SettingsSchema = z.strictObject({
  type: z.literal("reward_classifier"),
  pretrained_path: nameText().describe("Folder or Hub repository of the classifier, trained by Handrail or LeRobot."),
  pretrained_revision: nameText().nullable().default(null).describe("Branch, tag or commit on the Hub. null: main."),
  preprocessor: z
    .boolean()
    .default(true)
    .describe("Whether images are normalised as in training. false: they are in [0, 1], as LeRobot deploys it."),
  success_threshold: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .describe("Probability from which an observation is a success. null: the one that suits the classifier, or 0.5."),
  debounce: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe("Consecutive observations that must reach the threshold. null: what suits the classifier, or 1."),
});

/** `handrail.reward_model` for this type. */
export type RewardClassifierSettings = RewardModelConfig & {
  readonly pretrained_path: string;
  readonly pretrained_revision: string | null;
  readonly preprocessor: boolean;
};

export const rewardClassifierType: RewardModelType<typeof SettingsSchema> = {
  schema: SettingsSchema,
  create: ({ pretrained_path, pretrained_revision, preprocessor }: RewardClassifierSettings) =>
    RewardClassifier.fromPretrained(pretrained_path, {
      normalize: preprocessor,
      compile: { busyMachine: true },
      ...(pretrained_revision !== null && { revision: pretrained_revision }),
    }),
};
