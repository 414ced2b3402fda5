/** Errors about features, worded once. */
import type { PolicyFeature, PolicyFeatures } from "../../config/schema/features.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { didYouMean } from "../../utils/text/nearest.ts";
import { FeatureError } from "../step.ts";

/** The tensor of an observation. @throws FeatureError saying what the observation has instead. */
export function requireTensor(observation: TensorRecord, key: string): Tensor {
  const tensor = observation[key];
  if (tensor === undefined) throw missing(key, Object.keys(observation), "the observation");
  return tensor;
}

/** The declared feature. @throws FeatureError saying what is declared instead. */
export function requireFeature(features: PolicyFeatures, key: string): PolicyFeature {
  const feature = features[key];
  if (feature === undefined) throw missing(key, Object.keys(features), "what comes in");
  return feature;
}

function missing(key: string, present: readonly string[], where: string): FeatureError {
  const list = present.length === 0 ? "nothing" : present.join(", ");
  return new FeatureError(key, `is missing from ${where}, which has: ${list}.${didYouMean(key, present)}`);
}

/** @throws FeatureError unless the last dimensions of `shape` are the feature's; what comes before is the batch. */
export function requireShape(key: string, shape: readonly number[], expected: readonly number[]): void {
  const tail = shape.slice(shape.length - expected.length);
  if (shape.length < expected.length || tail.some((extent, axis) => extent !== expected[axis])) {
    throw new FeatureError(
      key,
      `has shape [${shape.join(", ")}], expected [${expected.join(", ")}] (or batches of it)`,
    );
  }
}
