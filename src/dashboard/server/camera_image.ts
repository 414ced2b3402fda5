/** Converts camera observations to 8-bit RGB of a bounded size for the page. */

/** Longest side that is sent; larger images are subsampled by an integer factor. */
const MAX_SIDE_PX = 320;

export interface CameraImage {
  readonly width: number;
  readonly height: number;
  /** height × width × 3. */
  readonly rgb: Uint8Array;
}

/** An array with a shape, such as an observation tensor. */
export interface ShapedArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number> | ArrayLike<bigint>;
}

/**
 * Reads an environment's image (height × width × 3, 0 to 255) or a policy's input (3 × height × width, 0 to 1), with or
 * without a batch dimension of 1.
 *
 * @returns undefined for any other array: not every observation is an image.
 */
export function cameraImage({ shape, data }: ShapedArray): CameraImage | undefined {
  if (!(data instanceof Uint8Array || data instanceof Float32Array)) return undefined;
  const sides = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  if (sides.length !== 3) return undefined;
  const planar = sides[0] === 3 && sides[2] !== 3;
  if (!planar && sides[2] !== 3) return undefined;
  const [sourceHeight, sourceWidth] = planar ? [sides[1]!, sides[2]!] : [sides[0]!, sides[1]!];
  const stride = Math.ceil(Math.max(sourceHeight, sourceWidth) / MAX_SIDE_PX);
  const [height, width] = [Math.ceil(sourceHeight / stride), Math.ceil(sourceWidth / stride)];
  const scale = data instanceof Uint8Array ? 1 : 255;
  const [pixelStep, channelStep] = planar ? [1, sourceHeight * sourceWidth] : [3, 1];
  const rgb = new Uint8Array(height * width * 3);
  let to = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * sourceWidth + column) * stride * pixelStep;
      for (let channel = 0; channel < 3; channel++) {
        rgb[to++] = Math.min(255, Math.max(0, Math.round(data[from + channel * channelStep]! * scale)));
      }
    }
  }
  return { width, height, rgb };
}
