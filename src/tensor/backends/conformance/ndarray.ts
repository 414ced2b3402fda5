/**
 * The reference for runtimes: dense float64 arrays and plain loops, sharing no code with the engine beyond shape
 * arithmetic. Slow and obvious on purpose. Integers and booleans are numbers here (true is 1).
 */
import { broadcastShapes, type Shape, sizeOf } from "../../shape.ts";
import type { Tensor } from "../../tensor.ts";

export interface NdArray {
  readonly shape: Shape;
  readonly data: Float64Array;
}

/** The array whose element at `index` is `valueAt(index)`. */
export function build(shape: Shape, valueAt: (index: readonly number[]) => number): NdArray {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, flat) => valueAt(unravel(flat, shape)));
  return { shape, data };
}

export function fromTensor({ shape, data }: Tensor): NdArray {
  return { shape, data: Float64Array.from(data as ArrayLike<number | bigint>, Number) };
}

/** The element at `index`. Leading extra indices are ignored and size-1 axes repeat, as in broadcasting. */
export function item({ shape, data }: NdArray, index: readonly number[]): number {
  let flat = 0;
  for (const [axis, dim] of shape.entries()) {
    const at = index[index.length - shape.length + axis]!;
    if (dim !== 1 && (at < 0 || at >= dim)) throw new RangeError(`index [${index}] is outside shape [${shape}]`);
    flat = flat * dim + (dim === 1 ? 0 : at);
  }
  return data[flat]!;
}

/** Applies `f` elementwise to arrays that broadcast together. */
export function map(f: (...values: number[]) => number, ...arrays: readonly NdArray[]): NdArray {
  const shape = arrays.reduce<Shape>((joined, { shape }) => broadcastShapes(joined, shape)!, []);
  return build(shape, (index) => f(...arrays.map((array) => item(array, index))));
}

/** Applies `f` to the elements along `axes` (non-negative), which are dropped, or kept with size 1. */
export function reduce(
  x: NdArray,
  axes: readonly number[],
  f: (values: number[]) => number,
  keepDims = false,
): NdArray {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const inner = axes.map((axis) => x.shape[axis]!);
  const reduced = build(kept, (index) => f([...build(inner, (at) => item(x, replaceAxes(index, axes, at))).data]));
  return keepDims ? reduced : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: reduced.data };
}

/** Replaces every line along one axis by `f(line)`, which may have another length. */
export function alongAxis(x: NdArray, axis: number, length: number, f: (line: number[]) => readonly number[]): NdArray {
  return build(x.shape.with(axis, length), (index) => {
    const line = Array.from({ length: x.shape[axis]! }, (_, at) => item(x, index.with(axis, at)));
    return f(line)[index[axis]!]!;
  });
}

export function reshape({ data }: NdArray, shape: Shape): NdArray {
  return { shape, data };
}

export function transpose(x: NdArray, permutation: readonly number[]): NdArray {
  return build(
    permutation.map((axis) => x.shape[axis]!),
    (index) =>
      item(
        x,
        permutation.map((_, axis) => index[permutation.indexOf(axis)]!),
      ),
  );
}

export function concat(parts: readonly NdArray[], axis: number): NdArray {
  const length = parts.reduce((sum, { shape }) => sum + shape[axis]!, 0);
  return build(parts[0]!.shape.with(axis, length), (index) => {
    let at = index[axis]!;
    for (const part of parts) {
      if (at < part.shape[axis]!) return item(part, index.with(axis, at));
      at -= part.shape[axis]!;
    }
    return Number.NaN;
  });
}

/** Elements start, start + step, … before `end` of one axis. */
export function slice(x: NdArray, axis: number, start: number, end: number, step = 1): NdArray {
  const count = Math.max(0, Math.ceil((end - start) / step));
  return alongAxis(x, axis, count, (line) => Array.from({ length: count }, (_, i) => line[start + i * step]!));
}

/** Swaps the last two axes. */
export function matrixTranspose(x: NdArray): NdArray {
  const axes = x.shape.map((_, axis) => axis);
  return transpose(x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]);
}

/** The product of the last two axes; leading axes broadcast. */
export function matmul(a: NdArray, b: NdArray): NdArray {
  const batch = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2))!;
  const inner = a.shape.at(-1)!;
  return build([...batch, a.shape.at(-2)!, b.shape.at(-1)!], (index) => {
    const [outer, row, column] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    let sum = 0;
    for (let k = 0; k < inner; k++) sum += item(a, [...outer, row, k]) * item(b, [...outer, k, column]);
    return sum;
  });
}

export const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
export const average = (values: readonly number[]) => total(values) / values.length;

function replaceAxes(index: readonly number[], axes: readonly number[], by: readonly number[]): number[] {
  const replaced = [...index];
  for (const [i, axis] of axes.entries()) replaced[axis] = by[i]!;
  return replaced;
}

function unravel(flat: number, shape: Shape): number[] {
  const index: number[] = [];
  let rest = flat;
  for (const dim of shape.toReversed()) {
    index.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return index;
}
