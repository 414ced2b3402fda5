/** The contract of a policy type: everything the library needs without knowing the class. */
import type { z } from "zod";
import type { DatasetStats } from "../config/schema/features.ts";
import type { PolicyProcessors } from "../processors/policy_processors.ts";
import type { ActionBounds } from "./action_bounds.ts";
import type { Policy, PolicyConfig, PolicyOptions } from "./policy.ts";

/** A finding of the doctor about a policy's config. */
export interface PolicyAdvice {
  /** error: training fails or learns nothing. warning: probably a mistake. */
  readonly level: "warning" | "error";
  /** The finding, with the setting's name and value. */
  readonly what: string;
  /** Its consequence. */
  readonly why?: string;
  /** What to write instead. */
  readonly todo?: string;
}

/** A policy type: everything the library needs without knowing the class. */
export interface PolicyType<Config extends PolicyConfig = PolicyConfig> {
  /** Strict, with `type: z.literal(type)` and a default for every field but the features. */
  readonly schema: z.ZodType<Config>;
  /** A new policy. */
  create(config: NoInfer<Config>, options: PolicyOptions): Policy<NoInfer<Config>> | Promise<Policy<NoInfer<Config>>>;
  /**
   * The processor pipelines around the policy.
   *
   * @param datasetStats Statistics of the training data, for features whose statistics the config does not give.
   * @throws FeatureError naming a feature that needs statistics and has none.
   */
  processors(config: NoInfer<Config>, datasetStats: DatasetStats): PolicyProcessors;
  /** Reads a folder written by `savePretrained`. Default: `create`, then `loadWeights`. */
  load?(folder: string, options: PolicyOptions): Promise<Policy<NoInfer<Config>>>;
  /** Type names of other versions that `load` also reads. */
  readonly formerTypes?: readonly string[];
  /** Number of choices of a discrete last element, which `output_features` does not count; null: no such element. */
  discreteActions?(config: NoInfer<Config>): number | null;
  /** Bounds of the continuous elements of its actions, in the environment's units. Default: unbounded. */
  actionBounds?(config: NoInfer<Config>): ActionBounds;
  /**
   * Shape of an image's features per camera, `[channels, height, width]`, if an encoder that training does not change computes
   * them. Forecasts memory. Default: none.
   */
  frozenFeatureShapes?(config: NoInfer<Config>): Readonly<Record<string, readonly number[]>> | undefined;
  /** Valid settings that are rarely intended. */
  advice?(config: NoInfer<Config>): readonly PolicyAdvice[];
}
