/** ONNX lowerings of convolution, its gradients, and pooling. */
import type { Expr, Node } from "../../ir/expr.ts";
import type { ConvAttributes, Window } from "../../ops/images/conv.ts";
import type { PoolAttributes } from "../../ops/images/pool.ts";
import { sameShape } from "../../shape.ts";
import { gainsByPhases, weightGradientByPhases } from "./conv_phases.ts";
import type { Emitter } from "./emitter.ts";
import { split } from "./split.ts";

type Names = readonly string[];

export function conv2d({ attributes }: Node<ConvAttributes>, inputs: Names, emitter: Emitter): string {
  return emitter.op("Conv", inputs, { ...windowAttributes(attributes.window), group: attributes.groups });
}

export function convTranspose(
  { attributes, inputs }: Node<ConvAttributes & { readonly imageShape: readonly number[] }>,
  names: Names,
  emitter: Emitter,
): string {
  const { window, groups, imageShape } = attributes;
  const remainder = [0, 1].map((axis) => {
    const reach = window.dilation[axis]! * (window.kernel[axis]! - 1) + 1;
    const covered = (inputs[0]!.shape[axis + 2]! - 1) * window.stride[axis]! + reach;
    return imageShape[axis + 2]! + window.padding[axis]! + window.padding[axis + 2]! - covered;
  });
  return emitter.op("ConvTranspose", names, { ...windowAttributes(window), group: groups, output_padding: remainder });
}

type WeightGradient = Node<ConvAttributes & { readonly weightShape: readonly number[] }>;

/** By phases where that is faster, otherwise as a convolution. */
export function convWeightGradient(node: WeightGradient, names: Names, emitter: Emitter): string {
  const [g, x] = node.inputs;
  const byPhases = gainsByPhases(node.attributes, g!, x!);
  return (byPhases ? weightGradientByPhases : weightGradientByConvolution)(node, names, emitter);
}

/** Batch and channels are swapped, the gradient is the kernel, and stride and dilation are exchanged. */
export function weightGradientByConvolution(
  { attributes, inputs }: WeightGradient,
  [g, x]: Names,
  emitter: Emitter,
): string {
  const { window, groups, weightShape } = attributes;
  const swap = (image: string) => emitter.op("Transpose", [image], { perm: [1, 0, 2, 3] });
  const perGroup = (tensor: string, channels: number) =>
    split(emitter, tensor, new Array<number>(groups).fill(channels / groups), 1);
  const kernels = perGroup(g!, weightShape[0]!);
  const full = perGroup(x!, weightShape[1]! * groups).map((image, group) =>
    emitter.op("Conv", [swap(image), swap(kernels[group]!)], {
      kernel_shape: inputs[0]!.shape.slice(2),
      strides: window.dilation,
      dilations: window.stride,
      pads: window.padding,
    }),
  );
  const swapped = full.map((gradient) => swap(withoutRemainder(emitter, gradient, window, inputs)));
  return groups === 1 ? swapped[0]! : emitter.op("Concat", swapped, { axis: 0 });
}

/** A stride that does not divide the image leaves rows and columns that no window covered, at the kernel's end. */
function withoutRemainder(emitter: Emitter, gradient: string, window: Window, [g, x]: Expr["inputs"]): string {
  const size = [0, 1].map((axis) => {
    const padded = x!.shape[2 + axis]! + window.padding[axis]! + window.padding[axis + 2]!;
    const reach = window.stride[axis]! * (g!.shape[2 + axis]! - 1) + 1;
    return Math.floor((padded - reach) / window.dilation[axis]!) + 1;
  });
  if (sameShape(size, window.kernel)) return gradient;
  return emitter.op("Slice", [gradient, ...[[0, 0], window.kernel, [2, 3]].map((each) => emitter.int64(each))]);
}

/** Both outputs of one MaxPool node: the values, and the winners' places unless `outputs` is 1. */
export function maxPool(
  { attributes, inputs }: Node<PoolAttributes>,
  [x]: Names,
  emitter: Emitter,
  { outputs = 2 }: { readonly outputs?: 1 | 2 } = {},
): Names {
  const { window } = attributes;
  return emitter.once(`maxPool:${inputs[0]!.id}:${JSON.stringify(window)}`, () =>
    emitter.ops("MaxPool", [x!], windowAttributes(window), { outputs }),
  );
}

export function averagePool2d(
  { attributes }: Node<PoolAttributes & { readonly countPadding: boolean }>,
  [x]: Names,
  emitter: Emitter,
): string {
  const { dilations: _, ...window } = windowAttributes(attributes.window);
  return emitter.op("AveragePool", [x!], { ...window, count_include_pad: Number(attributes.countPadding) });
}

function windowAttributes({ kernel, stride, dilation, padding }: Window) {
  return { kernel_shape: kernel, strides: stride, dilations: dilation, pads: padding };
}
