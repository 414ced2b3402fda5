/**
 * The weight gradient of a strided convolution from phases: the pixels that one place of the kernel reads are `stride` apart,
 * and next to each other once space has become depth.
 */
import type { Expr, Node } from "../../ir/expr.ts";
import type { ConvAttributes, Window } from "../../ops/images/conv.ts";
import type { Emitter } from "./emitter.ts";

type Names = readonly string[];

/**
 * Whether the phases exist (SpaceToDepth has one stride for both axes), and pay: measured by CPU time of one thread, 64 images
 * of 32 channels, 3×3 from 63×63 take 32 ms instead of 35, 5×5 from 61×61 63 instead of 59; with two threads both save a
 * fifth, and the other form falls into a mode of 225 ms. With 3 channels, 7×7, or maps of 6×6, nothing was gained. Image
 * gradients by phases took up to twice as long.
 */
export function gainsByPhases({ window, groups }: ConvAttributes, g: Expr, x: Expr): boolean {
  const { kernel, stride, dilation } = window;
  const exist = groups === 1 && stride[0] > 1 && stride[0] === stride[1] && dilation.every((rate) => rate === 1);
  return exist && x.shape[1]! >= 16 && kernel[0] * kernel[1] <= 25 && g.shape[2]! * g.shape[3]! >= 128;
}

/** Im2col from slices of the phases, then one product per image, and their sum. */
export function weightGradientByPhases(
  { attributes, inputs }: Node<ConvAttributes>,
  [g, x]: Names,
  emitter: Emitter,
): string {
  const { window } = attributes;
  const { stride, kernel } = window;
  const step = stride[0];
  const [, out, rows, columns] = inputs[0]!.shape as readonly [number, number, number, number];
  const [batch, channels] = inputs[1]!.shape as readonly [number, number];
  const extents = paddedExtents(inputs[1]!, window);
  const padded = pad(emitter, x!, inputs[1]!, window, extents);
  const phases = emitter.op("SpaceToDepth", [padded], { blocksize: step });
  const places: string[] = [];
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const channel = ((i % step) * step + (j % step)) * channels;
      const [top, left] = [Math.floor(i / step), Math.floor(j / step)];
      const range = [
        [channel, top, left],
        [channel + channels, top + rows, left + columns],
        [1, 2, 3],
      ];
      places.push(emitter.op("Slice", [phases, ...range.map((each) => emitter.int64(each))]));
    }
  }
  const reshape = (name: string, shape: readonly number[]) => emitter.op("Reshape", [name, emitter.int64(shape)]);
  const taps = places.length * channels;
  const patches = reshape(emitter.op("Concat", places, { axis: 1 }), [batch, taps, rows * columns]);
  const flat = reshape(g!, [batch, out, rows * columns]);
  const perImage = emitter.op("FusedMatMul", [flat, patches], { transA: 0, transB: 1 }, true);
  const sum = emitter.op("ReduceSum", [perImage, emitter.int64([0])], { keepdims: 0 });
  return emitter.op("Transpose", [reshape(sum, [out, ...kernel, channels])], { perm: [0, 3, 1, 2] });
}

/** The image's height and width with padding, up to a multiple of the stride. */
function paddedExtents(x: Expr, { padding, stride }: Window): readonly number[] {
  return [0, 1].map((axis) => {
    const size = x.shape[2 + axis]! + padding[axis]! + padding[axis + 2]!;
    return Math.ceil(size / stride[axis]!) * stride[axis]!;
  });
}

function pad(emitter: Emitter, name: string, x: Expr, { padding }: Window, extents: readonly number[]): string {
  const [top, left] = padding;
  const [bottom, right] = [extents[0]! - top - x.shape[2]!, extents[1]! - left - x.shape[3]!];
  const widths = [0, 0, top, left, 0, 0, bottom, right];
  if (widths.every((width) => width === 0)) return name;
  return emitter.op("Pad", [name, emitter.int64(widths), emitter.scalar(0, "float32")]);
}
