/** Pools feature maps with learned weights per place. */
import { nn, type Shape, type Tensor } from "../tensor/index.ts";

/**
 * Spatial learned embeddings (as in SERL, Luo et al. 2024): out[b, c·F + f] = Σ_hw features[b, c, h, w]·kernel[c, h, w, f].
 * Unlike average pooling, they keep where something is.
 *
 * @param features The shape of one image's features, `[channels, height, width]`.
 * @param maps F: weighted sums per channel.
 * @returns `[batch, channels, height, width]` → `[batch, channels · maps]`.
 */
export function spatialEmbedding(features: Shape, maps: number): nn.Module<{ readonly kernel: Tensor }> {
  const [channels, height, width] = features as readonly [number, number, number];
  return {
    init: (random) => ({ kernel: nn.init.kaimingNormal(random, [channels, height, width, maps]) }),
    apply: ({ kernel }, x) => {
      const batch = x.shape[0]!;
      const byChannel = x.reshape([batch, channels, height * width]).transpose([1, 0, 2]);
      const pooled = byChannel.matmul(kernel.reshape([channels, height * width, maps]));
      return pooled.transpose([1, 0, 2]).reshape([batch, channels * maps]);
    },
  };
}
