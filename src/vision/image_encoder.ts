/** Which image encoder a config names: the one place where architectures are chosen. */
import type { nn } from "../tensor/index.ts";
import { convStack } from "./conv_stack.ts";
import { loadBackbone } from "./pretrained_backbone.ts";
import { resnet10 } from "./resnet10.ts";

export interface ImageEncoder {
  /** `[batch, channels, height, width]` → `[batch, features, …]`. */
  readonly module: nn.Module;
  /** Whether it starts from weights that others have trained. */
  readonly isPretrained: boolean;
  /**
   * The weights to start from; `initial` for an encoder from scratch.
   *
   * @param initial Parameters of the module.
   * @throws Error for weights that do not exist or belong to another architecture.
   */
  load(initial: nn.Parameters): Promise<nn.Parameters>;
}

export interface ImageEncoderOptions {
  /** Channels of the images. */
  readonly channels: number;
  /** Width of an encoder from scratch: channels of each of its layers. */
  readonly hiddenChannels: number;
}

/**
 * @param name A Hub repository or a folder with ResNet-10 weights. null: LeRobot's small CNN, from scratch.
 */
export function imageEncoder(name: string | null, { channels, hiddenChannels }: ImageEncoderOptions): ImageEncoder {
  if (name === null) {
    return { module: smallCnn(channels, hiddenChannels), isPretrained: false, load: async (initial) => initial };
  }
  return { module: resnet10(), isPretrained: true, load: (initial) => loadBackbone(name, initial) };
}

/** Four convolutions without padding: 128² → 61 → 29 → 14 → 6. */
function smallCnn(inputs: number, channels: number): nn.Module {
  return convStack(
    inputs,
    [7, 5, 3, 3].map((kernel) => ({ channels, kernel, stride: 2 })),
  );
}
