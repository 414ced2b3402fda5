/** The contract of a type of policy: all that others need of it, without knowing its class. */
import type { z } from "zod";
import type { DatasetStats } from "../config/schema/features.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import type { ActionBounds } from "./action_bounds.ts";
import type { Policy, PolicyConfig, PolicyOptions } from "./policy.ts";

/** What the doctor says about a policy's config. */
export interface PolicyAdvice {
  /** error: training fails or learns nothing. warning: it may well be a mistake. */
  readonly level: "warning" | "error";
  /** What was found, with the setting's name and its value. */
  readonly what: string;
  /** What follows from it. */
  readonly why?: string;
  /** What to write instead. */
  readonly todo?: string;
}

/** All that others need of a type of policy, without knowing its class. */
export interface PolicyType<Config extends PolicyConfig = PolicyConfig> {
  /** Strict, with `type: z.literal(type)` and a default for every field but the features. */
  readonly schema: z.ZodType<Config>;
  /** A new policy. */
  create(config: NoInfer<Config>, options: PolicyOptions): Policy<NoInfer<Config>> | Promise<Policy<NoInfer<Config>>>;
  /**
   * The pipelines around it.
   *
   * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
   * @throws FeatureError naming a feature that is to be normalised and has no statistics.
   */
  processors(config: NoInfer<Config>, datasetStats: DatasetStats): PolicyProcessors;
  /** Reads a folder that `savePretrained` wrote; by default `create`, then `loadWeights`. */
  load?(folder: string, options: PolicyOptions): Promise<Policy<NoInfer<Config>>>;
  /** Types under which other versions saved such policies, which `load` reads too. */
  readonly formerTypes?: readonly string[];
  /** Number of commands of a discrete last element, which `output_features` does not count; null: there is none. */
  discreteActions?(config: NoInfer<Config>): number | null;
  /** Bounds of the continuous elements of its actions, in the environment's units; by default there are none. */
  actionBounds?(config: NoInfer<Config>): ActionBounds;
  /** What is allowed and yet seldom meant. */
  advice?(config: NoInfer<Config>): readonly PolicyAdvice[];
}
