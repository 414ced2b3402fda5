/** Declares that a buffer stores features of its images, computed once by a frozen encoder, instead of encoding every batch. */
import { type ArrayFeature, elementCount, isImage, type ReplayFeatures } from "../features.ts";

export interface ImageEncoding {
  /** Identifies the encoder, and what images pass through before it: their SHA-256. */
  readonly encoder: string;
  /** Shape of one image's features, `[channels, height, width]`, for every image feature. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  /** Encoded versions of every image, each shifted by its own offset; a draw takes one of them. At least 1. */
  readonly variants: number;
  /** Whether images stay in the buffer once they are encoded. */
  readonly keepsImages: boolean;
}

/** @throws RangeError unless the encoding has a shape for every image feature, and for nothing else. */
export function assertEncoding(features: ReplayFeatures, { encoder, shapes, variants }: ImageEncoding): void {
  if (encoder === "") throw new RangeError("an image encoding names its encoder");
  if (!Number.isSafeInteger(variants) || variants < 1) {
    throw new RangeError(`an image encoding has at least one variant of every image, got ${variants}`);
  }
  const images = imageNames(features);
  if (images.length === 0) throw new RangeError("there is nothing to encode: no observation is an image");
  const missing = images.find((name) => shapes[name] === undefined);
  if (missing !== undefined) throw new RangeError(`${missing}: the image encoding has no shape for it`);
  for (const [name, shape] of Object.entries(shapes)) {
    if (!images.includes(name)) throw new RangeError(`${name}: only images can be encoded`);
    const isShape = shape.length === 3 && shape.every((extent) => Number.isSafeInteger(extent) && extent > 0);
    if (!isShape)
      throw new RangeError(`${name}: encoded images are [channels, height, width], got [${shape.join(", ")}]`);
  }
}

export function imageNames({ observation }: ReplayFeatures): string[] {
  return Object.keys(observation).filter((name) => isImage(observation[name]!));
}

/** The features of a batch: images are replaced by what they were encoded to. */
export function drawnFeatures(features: ReplayFeatures, encoding: ImageEncoding | undefined): ReplayFeatures {
  if (encoding === undefined) return features;
  const encoded = Object.entries(encoding.shapes).map(([name, shape]): [string, ArrayFeature] => {
    return [name, { dtype: "float32", shape, encodedFrom: features.observation[name]!.shape }];
  });
  return { ...features, observation: { ...features.observation, ...Object.fromEntries(encoded) } };
}

/** Elements of one frame's features, over all variants. */
export function encodedWidth({ shapes, variants }: ImageEncoding, name: string): number {
  return variants * elementCount(shapes[name]!);
}
