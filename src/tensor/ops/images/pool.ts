/** Max and average pooling of `[batch, channels, height, width]`. */
import { TraceError } from "../../errors.ts";
import { definePrimitive, type Expr } from "../../ir/expr.ts";
import { constant } from "../../ir/leaves.ts";
import { formatShape } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { div, mul } from "../elementwise.ts";
import { scatterAdd } from "../indexing.ts";
import { reshape, zeros } from "../shape_ops.ts";
import { convTranspose, fourSides, outputSize, type Padding, type Pair, pair, type Window } from "./conv.ts";

export interface PoolOptions {
  /** Step between windows. Default: the kernel's size. */
  readonly stride?: Pair;
  readonly padding?: Padding;
}

export interface PoolAttributes {
  readonly window: Window;
}

function pooling(name: string, kernel: Pair, { stride = kernel, padding = 0 }: PoolOptions, x: Expr) {
  if (x.rank !== 4)
    throw new TraceError(`${name}: needs [batch, channels, height, width], got ${formatShape(x.shape)}`);
  const window: Window = { kernel: pair(kernel), stride: pair(stride), dilation: [1, 1], padding: fourSides(padding) };
  if (window.padding.some((width, side) => width >= window.kernel[side % 2]!)) {
    throw new TraceError(
      `${name}: padding [${window.padding}] leaves windows of padding only (kernel ${window.kernel})`,
    );
  }
  return { window, shape: [x.shape[0]!, x.shape[1]!, ...outputSize(name, x, window)] };
}

export const maxPoolNode = definePrimitive<PoolAttributes>({
  name: "maxPool2d",
  vjp(g, node) {
    const x = node.inputs[0]!;
    const winners = maxPoolIndices([x], node.attributes, node.shape, "int64");
    const flat = (value: Expr) => reshape(value, [-1]);
    return reshape(scatterAdd(flat(zeros(x.shape, x.dtype)), flat(winners), flat(g), 0), x.shape);
  },
});

/** The position of each maximum in the flattened image tensor. */
export const maxPoolIndices = definePrimitive<PoolAttributes>({ name: "maxPoolIndices" });

/** The largest element of each window; padding never wins. */
export function maxPool2d(x: Expr, kernel: Pair, options: PoolOptions = {}): Expr {
  const { window, shape } = pooling("maxPool2d", kernel, options, x);
  return maxPoolNode([x], { window }, shape);
}

export const averagePoolNode = definePrimitive<PoolAttributes & { countPadding: boolean }>({
  name: "averagePool2d",
  vjp(g, node) {
    const { window, countPadding } = node.attributes;
    const x = node.inputs[0]!;
    const [height, width] = window.kernel;
    const channels = x.shape[1]!;
    const ones = constant(Tensor.of([channels, 1, height, width], new Float32Array(channels * height * width).fill(1)));
    const share = countPadding ? mul(g, 1 / (height * width)) : div(g, windowCounts(x, node.shape, window));
    return convTranspose(share, ones, x.shape, { window, groups: channels });
  },
});

/** Number of image elements in each window, as a constant `[1, 1, height′, width′]`. */
function windowCounts(x: Expr, shape: readonly number[], { kernel, stride, padding }: Window): Expr {
  const along = (axis: 0 | 1) =>
    Array.from({ length: shape[axis + 2]! }, (_, at) => {
      const start = at * stride[axis] - padding[axis];
      return Math.min(start + kernel[axis], x.shape[axis + 2]!) - Math.max(start, 0);
    });
  const [rows, columns] = [along(0), along(1)];
  return constant(
    Tensor.of(
      [1, 1, rows.length, columns.length],
      rows.flatMap((row) => columns.map((column) => row * column)),
    ),
  );
}

/** The mean of each window. Padding counts as zeros unless `countPadding` is false. */
export function averagePool2d(
  x: Expr,
  kernel: Pair,
  { countPadding = true, ...options }: PoolOptions & { readonly countPadding?: boolean } = {},
): Expr {
  const { window, shape } = pooling("averagePool2d", kernel, options, x);
  return averagePoolNode([x], { window, countPadding }, shape);
}
