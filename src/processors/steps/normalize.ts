/** Normalisation of observations and actions for the network, and back. */
import type {
  DatasetStats,
  NormalizationMapping,
  NormalizationMode,
  PolicyFeature,
  PolicyFeatures,
  Statistic,
} from "../../config/schema/features.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { sizeOf } from "../../tensor/shape.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";
import {
  type Affine,
  applyAffine,
  flattenStatistic,
  inverseOf,
  normalizationOf,
  REQUIRED_STATISTICS,
} from "./affine.ts";
import { requireFeature, requireShape, requireTensor } from "./feature_checks.ts";

const ACTION = "action";

export interface NormalizerOptions {
  readonly features: PolicyFeatures;
  /** The mode per feature type; a type that is absent is left as it is. */
  readonly normMap: NormalizationMapping;
  /** For every feature that is normalised: the two statistics its mode needs, per element or per image channel. */
  readonly stats: DatasetStats;
  /** Added to the standard deviation; also the spread below which an element counts as constant. */
  readonly eps?: number;
  /** Only these observations are touched. Default: all. */
  readonly normalizeObservationKeys?: readonly string[];
}

/** One feature's map, ready to be applied, and its inverse. */
export interface FeatureNormalization {
  readonly mode: NormalizationMode;
  readonly forward: Affine;
  readonly inverse: Affine;
  /** Consecutive elements that share a scale: height·width for images by channel, otherwise 1. */
  readonly inner: number;
}

/**
 * What both steps share: the statistics and the maps made of them. 8-bit images are taken as [0, 255] and become [0, 1]
 * before their mode is applied; float images must be in [0, 1] already. An action may have one element more than its
 * feature, the discrete gripper command, which is left as it is.
 */
abstract class NormalizationStep implements ProcessorStep {
  abstract readonly name: string;
  protected abstract readonly direction: "forward" | "inverse";
  readonly features: PolicyFeatures;
  readonly normMap: NormalizationMapping;
  readonly stats: DatasetStats;
  readonly eps: number;
  readonly #keys: readonly string[] | undefined;
  readonly #maps: ReadonlyMap<string, FeatureNormalization>;

  /** @throws FeatureError naming the feature whose statistics are missing or have another length. */
  constructor({ features, normMap, stats, eps = 1e-8, normalizeObservationKeys }: NormalizerOptions) {
    this.features = features;
    this.normMap = normMap;
    this.stats = stats;
    this.eps = eps;
    this.#keys = normalizeObservationKeys;
    this.#maps = new Map(
      Object.entries(features)
        .filter(([key, { type }]) => type === "ACTION" || (this.#keys?.includes(key) ?? true))
        .map(([key, feature]) => [
          key,
          normalizationFor(key, feature, normMap[feature.type] ?? "IDENTITY", stats[key], eps),
        ]),
    );
  }

  /** The map of a feature, for use outside the pipeline (in a compiled graph). Undefined for unknown features. */
  normalization(key: string): FeatureNormalization | undefined {
    return this.#maps.get(key);
  }

  /** Elements that never varied in the data, such as `observation.state[3]`: they carry no information. */
  get constantElements(): string[] {
    return [...this.#maps].flatMap(([key, { forward }]) =>
      [...forward.scale.keys()].filter((i) => forward.scale[i] === 0).map((i) => `${key}[${i}]`),
    );
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    return {
      ...transition,
      observation: transition.observation && this.#transformObservation(transition.observation),
      action: transition.action && this.#transform(ACTION, transition.action),
    };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    for (const [key, { type, shape }] of Object.entries(this.features)) {
      const present = type === "ACTION" ? features.action : features.observation;
      // A postprocessor sees no observations, a preprocessor at run time no action.
      if (Object.keys(present).length === 0) continue;
      requireShape(key, requireFeature(present, key).shape, shape);
    }
    return features;
  }

  config(): StepConfig {
    return {
      eps: this.eps,
      features: this.features,
      norm_map: this.normMap,
      ...(this.#keys && { normalize_observation_keys: [...this.#keys].sort() }),
    };
  }

  /** Every statistic under `feature.name`, as float32; those of image channels as `[channels, 1, 1]`, as LeRobot has them. */
  state(): TensorRecord {
    return Object.fromEntries(
      Object.entries(this.stats).flatMap(([key, statistics]) =>
        Object.entries(statistics).map(([name, statistic]) => [
          `${key}.${name}`,
          toTensor(statistic, this.features[key]),
        ]),
      ),
    );
  }

  #transformObservation(observation: TensorRecord): TensorRecord {
    const transformed: Record<string, Tensor> = { ...observation };
    for (const [key, { type }] of Object.entries(this.features)) {
      if (type !== "ACTION" && this.#maps.has(key)) {
        transformed[key] = this.#transform(key, requireTensor(observation, key));
      }
    }
    return transformed;
  }

  #transform(key: string, tensor: Tensor): Tensor {
    const map = this.#maps.get(key);
    const feature = this.features[key];
    if (map === undefined || feature === undefined) return tensor;
    const { shape, data } = tensor;
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      throw new FeatureError(key, `holds ${tensor.dtype} numbers; convert them to float32`);
    }
    const extra = feature.type === "ACTION" && shape.at(-1) === feature.shape.at(-1)! + 1 ? 1 : 0;
    if (extra === 0) requireShape(key, shape, feature.shape);
    const isBytes = feature.type === "VISUAL" && tensor.dtype === "uint8";
    if (map.mode === "IDENTITY" && !isBytes) return tensor;
    const rowLength = sizeOf(feature.shape) + extra;
    const gain = isBytes ? 1 / 255 : 1;
    return new Tensor("float32", shape, applyAffine(data, map[this.direction], { inner: map.inner, rowLength, gain }));
  }
}

/** Registered as `normalizer_processor`: data's units → what the network sees. */
export class NormalizerProcessorStep extends NormalizationStep {
  override readonly name = "normalizer_processor";
  protected override readonly direction = "forward";
}

/** Registered as `unnormalizer_processor`: what the network says → the environment's units. */
export class UnnormalizerProcessorStep extends NormalizationStep {
  override readonly name = "unnormalizer_processor";
  protected override readonly direction = "inverse";
}

/** Statistics as {@link NormalizationStep.state} flattens them, put together again. */
export function statsFromState(state: TensorRecord): DatasetStats {
  const stats: Record<string, Record<string, number[]>> = {};
  for (const [flatKey, tensor] of Object.entries(state)) {
    const dot = flatKey.lastIndexOf(".");
    const key = flatKey.slice(0, dot);
    stats[key] = { ...stats[key], [flatKey.slice(dot + 1)]: Array.from(tensor.data, Number) };
  }
  return stats;
}

function toTensor(statistic: Statistic, feature: PolicyFeature | undefined): Tensor {
  const flat = flattenStatistic(statistic);
  const perChannel = feature?.type === "VISUAL" && flat.length === feature.shape[0];
  return Tensor.of(perChannel ? [flat.length, 1, 1] : [flat.length], flat);
}

function normalizationFor(
  key: string,
  feature: PolicyFeature,
  mode: NormalizationMode,
  stats: Readonly<Record<string, Statistic>> | undefined,
  eps: number,
): FeatureNormalization {
  const needed = REQUIRED_STATISTICS[mode];
  if (mode === "IDENTITY" || needed === null) {
    const identity = { scale: Float64Array.of(1), offset: Float64Array.of(0) };
    return { mode, forward: identity, inverse: identity, inner: sizeOf(feature.shape) };
  }
  const [first, second] = needed.map((name) => {
    const statistic = stats?.[name];
    if (statistic === undefined) {
      const present = stats === undefined ? "no statistics" : `only ${Object.keys(stats).join(", ")}`;
      const remedy = `Add "${needed.join('" and "')}" to dataset_stats, or set its normalisation to IDENTITY`;
      throw new FeatureError(key, `is to be normalised by ${mode} but has ${present}. ${remedy}`);
    }
    return flattenStatistic(statistic);
  }) as [Float64Array, Float64Array];
  const inner = innerSize(key, feature, first.length);
  if (second.length !== first.length) {
    throw new FeatureError(key, `has ${first.length} values of "${needed[0]}" but ${second.length} of "${needed[1]}"`);
  }
  const forward = normalizationOf(mode, first, second, eps);
  return { mode, forward, inverse: inverseOf(forward, first), inner };
}

function innerSize(key: string, { type, shape }: PolicyFeature, statistics: number): number {
  const size = sizeOf(shape);
  if (statistics === size || statistics === 1) return size / statistics;
  if (type === "VISUAL" && statistics === shape[0]) return size / shape[0];
  throw new FeatureError(key, `has shape [${shape.join(", ")}] but statistics of length ${statistics}`);
}
