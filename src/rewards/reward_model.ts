/**
 * The contract of a reward model, which judges from observations whether the task is done. To add one, write a class and
 * register it with `registerRewardModel`.
 */
import type { z } from "zod";
import type { PolicyFeatures } from "../config/schema/features.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import type { RewardModelConfig, SuccessDecision } from "./config.ts";

export interface RewardModel {
  /** Features that it reads. The environment's pipeline must produce them with these shapes. */
  readonly inputFeatures: PolicyFeatures;
  /** What suits this model. It counts where a config leaves these settings at null, which its type's schema must allow. */
  readonly defaults?: Partial<SuccessDecision> | undefined;
  /** How it judges, in a few words for the doctor, such as "images are not normalised". */
  readonly description?: string | undefined;
  /**
   * The probability, from 0 to 1, that the observation shows the task done.
   *
   * @param observation Per feature `[…shape]`, without a batch dimension, in the environment's units; images are 8 bits,
   * `[channels, height, width]`. Ignore further entries, and do not modify the observation.
   * @throws Error naming an input feature that is missing.
   */
  judge(observation: TensorRecord): number | Promise<number>;
  /**
   * The value of every step of a whole episode, for models that judge in hindsight. In the model's own units.
   *
   * @param observations The observation before each step, in order. Each may be overwritten when the next one is read.
   * @returns `[steps]`, finite.
   */
  judgeEpisode?(observations: AsyncIterable<TensorRecord>): Promise<Float32Array>;
  /** Begins an episode and clears state of the last one. Absent from a stateless model. */
  reset?(): void;
  /** Frees resources. May be called more than once. Absent from a model without resources. */
  close?(): void | Promise<void>;
}

export interface RewardModelContext {
  /** Output features of the environment's pipeline, including the config's steps. */
  readonly features: PolicyFeatures;
}

/** A registered type of reward model. */
export interface RewardModelType<Schema extends z.ZodObject> {
  /**
   * Its own settings: strict, with `type: z.literal(type)` and a default for every other field. When it is registered,
   * `success_threshold`, `success_reward` and `debounce` are added.
   */
  readonly schema: Schema;
  /**
   * Called once per environment, also for environments that run in parallel.
   *
   * @throws Error or ConfigError when it cannot be created; nothing is left open then.
   */
  create(config: z.output<Schema> & RewardModelConfig, context: RewardModelContext): RewardModel | Promise<RewardModel>;
}
