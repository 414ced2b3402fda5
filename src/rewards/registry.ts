/** Reward models by the `type` of their config. A plug-in is a module that calls `registerRewardModel` when it is imported. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { TypeRegistry } from "../config/schema/registry.ts";
import { rewardClassifierType } from "./classifier/reward_model_type.ts";
import { type RewardModelConfig, RewardModelConfigSchema, successSettings } from "./config.ts";
import type { RewardModel, RewardModelContext, RewardModelType } from "./reward_model.ts";

/** The reward models that a config can name. */
export const rewardModelConfigs = new TypeRegistry<RewardModelConfig>("reward model", {
  base: RewardModelConfigSchema,
});

const types = new Map<string, RewardModelType<z.ZodObject>>();

/**
 * Makes `type` available to configs (`handrail.reward_model`) and to `makeRewardModel`.
 *
 * @throws Error when the type is taken.
 */
export function registerRewardModel<Schema extends z.ZodObject>(
  type: string,
  rewardModelType: RewardModelType<Schema>,
): void {
  // A default of the type's own wins.
  const schema = rewardModelType.schema.extend({ ...successSettings, ...rewardModelType.schema.shape });
  rewardModelConfigs.register(type, schema as unknown as z.ZodType<RewardModelConfig>);
  types.set(type, rewardModelType as unknown as RewardModelType<z.ZodObject>);
}

/** The config as it is checked: problems have the paths that they have in a training config. */
const HandrailRewardModel = z.object({ handrail: z.object({ reward_model: rewardModelConfigs.schema }) });

/**
 * The reward model that a config describes.
 *
 * @param config May lack what has a default.
 * @param context Default: the observed features are unknown.
 * @throws ConfigError for an unknown type or key; Error when the model cannot be created.
 */
export async function makeRewardModel(
  config: { readonly type: string } & Readonly<Record<string, unknown>>,
  context: RewardModelContext = { features: {} },
): Promise<RewardModel> {
  const parsed = parseConfig(HandrailRewardModel, { handrail: { reward_model: config } }).handrail.reward_model;
  return await types.get(parsed.type)!.create(parsed as never, context);
}

registerRewardModel("reward_classifier", rewardClassifierType);
