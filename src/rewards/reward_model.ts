/**
 * The contract of a reward model: it judges what the robot sees, where the environment cannot say whether the task is done.
 * Adding one is a class with a config and one registration (see `registerRewardModel`).
 */
import type { z } from "zod";
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { RewardModelConfig } from "./config.ts";

export interface RewardModel {
  /** What it looks at, by name: among what the environment's pipeline shows, with these shapes. */
  readonly inputFeatures: PolicyFeatures;
  /**
   * The probability, from 0 to 1, that the task is done in what is seen.
   *
   * @param observation Per feature `[…shape]`, without a batch dimension, in the environment's units; images are 8 bits,
   * `[channels, height, width]`. It has further entries, which are ignored, and must not be changed.
   * @throws Error naming an input feature that is missing.
   */
  judge(observation: TensorRecord): number | Promise<number>;
  /**
   * The value of every step of a whole episode, for models that judge in hindsight. In the model's own units.
   *
   * @param observations What was seen before each step, in order; each may be overwritten once the next one is asked for.
   * @returns `[steps]`, finite.
   */
  judgeEpisode?(observations: AsyncIterable<TensorRecord>): Promise<Float32Array>;
  /** Begins an episode: forgets what it remembers of the last one. Absent from a model that remembers nothing. */
  reset?(): void;
  /** Frees what it holds. May be called more than once. Absent from a model that holds nothing. */
  close?(): void | Promise<void>;
}

export interface RewardModelContext {
  /** What the environment's pipeline shows, the steps of the config included. */
  readonly features: PolicyFeatures;
}

/** How a type of reward model is made. */
export interface RewardModelType<Schema extends z.ZodObject> {
  /**
   * Its own settings: strict, with `type: z.literal(type)` and a default for every other field. When it is registered,
   * `success_threshold`, `success_reward` and `debounce` are added.
   */
  readonly schema: Schema;
  /**
   * One for each environment: environments that play side by side have one each.
   *
   * @throws Error or ConfigError for what cannot be had, with nothing left open.
   */
  create(config: z.output<Schema> & RewardModelConfig, context: RewardModelContext): RewardModel | Promise<RewardModel>;
}
