/** Crop and antialiased bilinear resize of channels-first images, as torchvision and Pillow compute it. */

type Pixels = Uint8Array | Float32Array;

/** A rectangle in pixels, as in config files: [top, left, height, width]. */
export type Crop = readonly [top: number, left: number, height: number, width: number];

export interface PlanarImage<Data extends Pixels = Pixels> {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** channels × height × width. */
  readonly data: Data;
}

export function cropImage({ channels, height, width, data }: PlanarImage, [top, left, h, w]: Crop): PlanarImage {
  const out = data.slice(0, channels * h * w);
  for (let channel = 0; channel < channels; channel++) {
    for (let y = 0; y < h; y++) {
      const from = (channel * height + top + y) * width + left;
      out.set(data.subarray(from, from + w), (channel * h + y) * w);
    }
  }
  return { channels, height: h, width: w, data: out };
}

/** 8-bit images are rounded to the nearest level once, at the end. */
export function resizeImage(image: PlanarImage, height: number, width: number): PlanarImage {
  const { channels, data } = image;
  if (image.height === height && image.width === width) return image;
  const horizontal = triangleWeights(image.width, width);
  const vertical = triangleWeights(image.height, height);
  const rows = new Float32Array(image.height * width);
  const out =
    data instanceof Uint8Array
      ? new Uint8ClampedArray(channels * height * width)
      : new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    const plane = channel * image.height * image.width;
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < width; x++) {
        const { first, weights } = horizontal[x]!;
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += data[plane + y * image.width + first + k]! * weights[k]!;
        rows[y * width + x] = sum;
      }
    }
    for (let y = 0; y < height; y++) {
      const { first, weights } = vertical[y]!;
      for (let x = 0; x < width; x++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += rows[(first + k) * width + x]! * weights[k]!;
        out[(channel * height + y) * width + x] = sum;
      }
    }
  }
  return { channels, height, width, data: out instanceof Float32Array ? out : new Uint8Array(out.buffer) };
}

interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

/** For each output pixel: the input pixels under a triangle that is as wide as the reduction, and their weights. */
function triangleWeights(inputSize: number, outputSize: number): Taps[] {
  const scale = inputSize / outputSize;
  const support = Math.max(1, scale);
  return Array.from({ length: outputSize }, (_, i) => {
    const center = (i + 0.5) * scale;
    const first = Math.max(0, Math.floor(center - support + 0.5));
    const end = Math.min(inputSize, Math.floor(center + support + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k - center + 0.5) / support)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: weights.map((weight) => weight / total) };
  });
}
