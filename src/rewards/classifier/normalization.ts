/** How the classifier's images are normalised, and the files that say so: `classifier_preprocessor.json` and its tensors. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import {
  type DatasetStats,
  DatasetStatsSchema,
  IMAGENET_STATS,
  NormalizationMappingSchema,
  PolicyFeaturesSchema,
} from "../../config/schema/features.ts";
import { DataProcessorPipeline } from "../../processors/pipeline.ts";
import { loadPipeline, savePipeline } from "../../processors/pipeline_files.ts";
import { StepRegistry } from "../../processors/step_registry.ts";
import { DeviceProcessorStep } from "../../processors/steps/basic_steps.ts";
import { NormalizerProcessorStep, statsFromState } from "../../processors/steps/normalize.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { cameraFeatures, type RewardClassifierConfig } from "./config.ts";

export const CLASSIFIER_PREPROCESSOR = "classifier_preprocessor";
const CLASSIFIER_POSTPROCESSOR = "classifier_postprocessor";

/** Per channel: pixels in [0, 1] are multiplied by `scale`, then `offset` is added. */
export interface ChannelMap {
  readonly scale: readonly number[];
  readonly offset: readonly number[];
}

/** By camera. A camera that is absent is not normalised. */
export type ImageNormalization = Readonly<Record<string, ChannelMap>>;

/** Statistics of the cameras: the given ones, or ImageNet's for those without. */
export function cameraStatistics(config: RewardClassifierConfig, given: DatasetStats = {}): DatasetStats {
  const { mean, std } = IMAGENET_STATS;
  const own = cameraFeatures(config).map(([key, shape]) => {
    const fallback = shape[0] === 3 ? { mean: [...mean], std: [...std] } : undefined;
    return [key, given[key] ?? fallback] as const;
  });
  return Object.fromEntries(own.filter((entry) => entry[1] !== undefined) as [string, DatasetStats[string]][]);
}

/**
 * @param stats Statistics by camera. One without is not normalised, as in LeRobot.
 * @throws FeatureError for statistics of another length, or without those that the config's mode needs.
 */
export function imageNormalization(config: RewardClassifierConfig, stats: DatasetStats): ImageNormalization {
  const cameras = cameraFeatures(config).filter(([key]) => stats[key] !== undefined);
  const step = new NormalizerProcessorStep({
    features: Object.fromEntries(cameras.map(([key]) => [key, config.input_features[key]!])),
    normMap: config.normalization_mapping,
    stats,
  });
  return Object.fromEntries(cameras.map(([key, [channels]]) => [key, perChannel(step, key, channels!)]));
}

function perChannel(step: NormalizerProcessorStep, key: string, channels: number): ChannelMap {
  const { scale, offset } = step.normalization(key)!.forward;
  const spread = (values: Float64Array) => Array.from({ length: channels }, (_, i) => values[i % values.length]!);
  return { scale: spread(scale), offset: spread(offset) };
}

/** Writes both pipelines of a checkpoint, in LeRobot's form. */
export async function saveProcessors(
  config: RewardClassifierConfig,
  stats: DatasetStats,
  folder: string,
): Promise<void> {
  const normMap = config.normalization_mapping;
  const features = Object.fromEntries(cameraFeatures(config).map(([key]) => [key, config.input_features[key]!]));
  const normalized = Object.fromEntries(Object.entries(features).filter(([key]) => stats[key] !== undefined));
  await savePipeline(
    new DataProcessorPipeline({
      name: CLASSIFIER_PREPROCESSOR,
      steps: [
        new NormalizerProcessorStep({ features: normalized, normMap, stats }),
        new NormalizerProcessorStep({ features: config.output_features, normMap, stats }),
        new DeviceProcessorStep(),
      ],
    }),
    folder,
  );
  const steps = [
    { registry_name: "device_processor", config: new DeviceProcessorStep().config() },
    { class: "lerobot.processor.pipeline.IdentityProcessorStep", config: {} },
  ];
  const json = JSON.stringify({ name: CLASSIFIER_POSTPROCESSOR, steps }, null, 2);
  await writeFileAtomic(join(folder, `${CLASSIFIER_POSTPROCESSOR}.json`), `${json}\n`);
}

const NormalizerSchema = z.object({
  eps: z.number().positive().default(1e-8),
  features: PolicyFeaturesSchema,
  norm_map: NormalizationMappingSchema,
  stats: DatasetStatsSchema.optional(),
});

/** The steps that a saved preprocessor may have. Features without statistics are passed through, as in LeRobot. */
const savedSteps = new StepRegistry()
  .register({
    name: "normalizer_processor",
    schema: NormalizerSchema,
    create: ({ features, norm_map: normMap, eps, stats: written }, state) => {
      const stats = written ?? statsFromState(state);
      const known = Object.entries(features).filter(([key]) => stats[key] !== undefined);
      return new NormalizerProcessorStep({ features: Object.fromEntries(known), normMap, stats, eps });
    },
  })
  .register({
    name: "device_processor",
    schema: z.record(z.string(), z.unknown()),
    create: (config) => new DeviceProcessorStep(config),
  });

/**
 * The saved normalisation of a checkpoint; undefined if it has none.
 *
 * @throws ConfigError for a file that cannot be used; SafetensorsError for broken tensors.
 */
export async function loadNormalization(
  config: RewardClassifierConfig,
  folder: string,
): Promise<ImageNormalization | undefined> {
  if ((await stat(join(folder, `${CLASSIFIER_PREPROCESSOR}.json`)).catch(() => undefined)) === undefined)
    return undefined;
  const { steps } = await loadPipeline(folder, CLASSIFIER_PREPROCESSOR, { registry: savedSteps });
  const normalizers = steps.filter((step) => step instanceof NormalizerProcessorStep);
  const maps = cameraFeatures(config).flatMap(([key, [channels]]) => {
    const step = normalizers.find((each) => each.normalization(key) !== undefined);
    return step === undefined ? [] : [[key, perChannel(step, key, channels!)] as const];
  });
  return Object.fromEntries(maps);
}
