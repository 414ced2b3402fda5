/** Two-dimensional convolution, in PyTorch's layout: images `[batch, channels, height, width]`. */
import { TraceError } from "../../errors.ts";
import { definePrimitive, type Expr } from "../../ir/expr.ts";
import { toExprs } from "../../ir/leaves.ts";
import { formatShape, sameShape } from "../../shape.ts";
import { sum } from "../reduce.ts";
import { zeros } from "../shape_ops.ts";

export type Pair = number | readonly [vertical: number, horizontal: number];
/** One width for all sides, one per axis, or all four. */
export type Padding = Pair | readonly [top: number, left: number, bottom: number, right: number];

export interface Conv2dOptions {
  readonly stride?: Pair;
  readonly padding?: Padding;
  readonly dilation?: Pair;
  readonly groups?: number;
}

export interface Window {
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** top, left, bottom, right */
  readonly padding: readonly [number, number, number, number];
}

export function pair(value: Pair): readonly [number, number] {
  return typeof value === "number" ? [value, value] : value;
}

export function fourSides(padding: Padding): Window["padding"] {
  if (typeof padding === "number") return [padding, padding, padding, padding];
  return padding.length === 4 ? padding : [padding[0], padding[1], padding[0], padding[1]];
}

/**
 * The size of the result along both axes.
 *
 * @throws TraceError for sizes that are not whole numbers, or a window that does not fit into the padded image.
 */
export function outputSize(name: string, x: Expr, window: Window): [number, number] {
  const { kernel, stride, dilation, padding } = window;
  if (![...kernel, ...stride, ...dilation].every((size) => Number.isInteger(size) && size > 0)) {
    throw new TraceError(`${name}: kernel, stride and dilation are positive integers, got ${JSON.stringify(window)}`);
  }
  if (!padding.every((width) => Number.isInteger(width) && width >= 0)) {
    throw new TraceError(`${name}: padding is made of non-negative integers, got [${padding}]`);
  }
  const along = (axis: 0 | 1) => {
    const padded = x.shape[2 + axis]! + window.padding[axis] + window.padding[axis + 2]!;
    const reach = window.dilation[axis] * (window.kernel[axis] - 1) + 1;
    return Math.floor((padded - reach) / window.stride[axis]) + 1;
  };
  const size: [number, number] = [along(0), along(1)];
  if (size.some((dim) => dim < 1)) {
    throw new TraceError(`${name}: a kernel of ${window.kernel.join("×")} does not fit into ${formatShape(x.shape)}`);
  }
  return size;
}

export interface ConvAttributes {
  readonly window: Window;
  readonly groups: number;
}

export const convNode = definePrimitive<ConvAttributes>({
  name: "conv2d",
  vjp(g, node, index) {
    const [x, weight] = node.inputs as [Expr, Expr];
    if (index === 0) return convTranspose(g, weight, x.shape, node.attributes);
    if (index === 1) return convWeightGradient(g, x, weight.shape, node.attributes);
    return sum(g, { axis: [0, 2, 3] });
  },
});

/**
 * @param x `[batch, in, height, width]`
 * @param weight `[out, in / groups, kernelHeight, kernelWidth]`
 * @param bias `[out]`
 * @returns `[batch, out, height′, width′]`
 */
export function conv2d(x: Expr, weight: Expr, bias?: Expr, options: Conv2dOptions = {}): Expr {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const channels = weight.shape[1]! * groups;
  if (x.rank !== 4 || weight.rank !== 4 || x.shape[1] !== channels || weight.shape[0]! % groups !== 0) {
    const shapes = `${formatShape(x.shape)} and ${formatShape(weight.shape)}`;
    throw new TraceError(`conv2d: image and weight shapes ${shapes} do not fit (${groups} groups)`);
  }
  if (bias !== undefined && !sameShape(bias.shape, [weight.shape[0]!])) {
    throw new TraceError(`conv2d: bias ${formatShape(bias.shape)} does not fit weight ${formatShape(weight.shape)}`);
  }
  const operands = toExprs("conv2d", bias === undefined ? [x, weight] : [x, weight, bias]);
  const window: Window = {
    kernel: [weight.shape[2]!, weight.shape[3]!],
    stride: pair(stride),
    dilation: pair(dilation),
    padding: fourSides(padding),
  };
  const shape = [x.shape[0]!, weight.shape[0]!, ...outputSize("conv2d", x, window)];
  return convNode(operands, { window, groups }, shape);
}

/** The adjoint of conv2d in its image: adds every output position to its input window. */
export function convTranspose(g: Expr, weight: Expr, imageShape: readonly number[], attributes: ConvAttributes): Expr {
  return convTransposeNode([g, weight], { ...attributes, imageShape }, imageShape);
}

export const convTransposeNode = definePrimitive<ConvAttributes & { imageShape: readonly number[] }>({
  name: "convTranspose",
  vjp(g, node, index) {
    const [y, weight] = node.inputs as [Expr, Expr];
    const { window, groups } = node.attributes;
    if (index === 1) return convWeightGradient(y, g, weight.shape, node.attributes);
    return convNode([g, weight], { window, groups }, y.shape);
  },
});

/**
 * The adjoint of conv2d in its weight: every weight gets the sum of what it was multiplied with, times the gradient of the
 * output position.
 */
function convWeightGradient(g: Expr, x: Expr, weightShape: readonly number[], attributes: ConvAttributes): Expr {
  const { window, groups } = attributes;
  if (x.shape[0] === 0) return zeros(weightShape, x.dtype);
  return convWeightGradientNode([g, x], { window, groups, weightShape }, weightShape);
}

/** Inputs: the gradient of the convolution's output `[batch, out, height′, width′]`, and its image `[batch, in, height, width]`. */
export const convWeightGradientNode = definePrimitive<ConvAttributes & { weightShape: readonly number[] }>({
  name: "convWeightGradient",
  vjp(g, node, index) {
    const [y, x] = node.inputs as [Expr, Expr];
    const { window, groups } = node.attributes;
    if (index === 1) return convTranspose(y, g, x.shape, { window, groups });
    return convNode([x, g], { window, groups }, y.shape);
  },
});
