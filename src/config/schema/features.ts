/** Inputs and outputs of a policy: LeRobot's feature types, normalisation modes and statistics. */
import { z } from "zod";

/** The kind of a feature; it selects the normalisation mode. */
export const FeatureTypeSchema = z.enum(["VISUAL", "STATE", "ENV", "ACTION", "REWARD", "LANGUAGE"]);
export type FeatureType = z.infer<typeof FeatureTypeSchema>;

export const PolicyFeatureSchema = z.strictObject({
  type: FeatureTypeSchema.describe(
    "VISUAL (an image), STATE (the robot's own state), ENV (the state of its surroundings) or ACTION.",
  ),
  shape: z
    .array(z.int().min(1))
    .describe("Without the batch dimension. Images are [channels, height, width]; an action is [dimensions]."),
});
/** One feature, as in `{"type": "VISUAL", "shape": [3, 128, 128]}`. */
export interface PolicyFeature {
  readonly type: FeatureType;
  readonly shape: readonly number[];
}

/** Features by their key, such as `observation.images.front`. The order is the order of concatenation. */
export const PolicyFeaturesSchema = z.record(z.string(), PolicyFeatureSchema);
export type PolicyFeatures = Readonly<Record<string, PolicyFeature>>;

/**
 * IDENTITY: x · MEAN_STD: (x − mean)/(std + ε) · MIN_MAX: [min, max] → [−1, 1] ·
 * QUANTILES: [q01, q99] → [−1, 1] · QUANTILE10: [q10, q90] → [−1, 1].
 */
export const NormalizationModeSchema = z.enum(["IDENTITY", "MEAN_STD", "MIN_MAX", "QUANTILES", "QUANTILE10"]);
export type NormalizationMode = z.infer<typeof NormalizationModeSchema>;

/** The mode per feature type; a type that is absent is not normalised. */
export const NormalizationMappingSchema = z.partialRecord(FeatureTypeSchema, NormalizationModeSchema);
export type NormalizationMapping = Readonly<Partial<Record<FeatureType, NormalizationMode>>>;

const StatisticSchema = z.union([
  z.number(),
  z.array(z.number()),
  z.array(z.array(z.array(z.number()))).describe("Per channel, as datasets store it: [channels][1][1]."),
]);

/** `min`, `max`, `mean`, `std`, `q01` … of each feature, as in a LeRobot dataset's `meta/stats.json`. */
export const DatasetStatsSchema = z.record(z.string(), z.record(z.string(), StatisticSchema));
export type Statistic = number | readonly number[] | readonly (readonly (readonly number[])[])[];
export type DatasetStats = Readonly<Record<string, Readonly<Record<string, Statistic>>>>;

/** Mean and standard deviation of ImageNet's training images, per RGB channel in [0, 1]. */
export const IMAGENET_STATS = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
