/** Plain convolutional encoders. */
import { nn, ops } from "../tensor/index.ts";

/** One layer of a stack. */
export interface ConvLayer {
  /** Output channels. */
  readonly channels: number;
  /** Side of the square kernel, in pixels. */
  readonly kernel: number;
  readonly stride: number;
}

/**
 * Convolutions without padding, each followed by ReLU. Parameters are numbered as in PyTorch's `nn.Sequential` of them.
 *
 * @param inputs Channels of the image.
 * @returns `[batch, inputs, height, width]` → `[batch, channels of the last layer, …]`.
 */
export function convStack(inputs: number, layers: readonly ConvLayer[]): nn.Module {
  return nn.sequential(
    layers.flatMap(({ channels, kernel, stride }, i) => [
      nn.conv2d(layers[i - 1]?.channels ?? inputs, channels, kernel, { stride }),
      ops.relu,
    ]),
  );
}
