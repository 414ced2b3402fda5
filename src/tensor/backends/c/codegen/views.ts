/** Strided views of memory: reshaping, slicing, transposing and broadcasting cost nothing. */
import { type Shape, sizeOf } from "../../../shape.ts";

/** Element (i, j, …) is at `offset + i·strides[0] + j·strides[1] + …` of the base's memory, counted in elements. */
export interface View<Base> {
  readonly base: Base;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

interface Shaped {
  readonly shape: Shape;
}

/** Row-major strides. */
export function rowMajor(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

export function whole<Base extends Shaped>(base: Base): View<Base> {
  return { base, offset: 0, shape: base.shape, strides: rowMajor(base.shape) };
}

/** Whether the elements lie one after another, in the order of the view. */
export function isContiguous({ shape, strides }: Omit<View<unknown>, "base">): boolean {
  const expected = rowMajor(shape);
  return shape.every((dim, axis) => dim === 1 || strides[axis] === expected[axis]);
}

/** Whether the view has all elements of its base, in order. */
export function isWhole({ base, ...view }: View<Shaped>): boolean {
  return view.offset === 0 && sizeOf(view.shape) === sizeOf(base.shape) && isContiguous(view);
}

export function broadcastView<Base>(view: View<Base>, shape: Shape): View<Base> {
  const added = shape.length - view.shape.length;
  const strides = shape.map((dim, axis) => {
    const isRepeated = axis < added || (view.shape[axis - added] === 1 && dim !== 1);
    return isRepeated ? 0 : view.strides[axis - added]!;
  });
  return { ...view, shape, strides };
}

export function sliceView<Base>(view: View<Base>, axis: number, start: number, count: number, step = 1): View<Base> {
  return {
    base: view.base,
    offset: view.offset + start * view.strides[axis]!,
    shape: view.shape.with(axis, count),
    strides: view.strides.with(axis, view.strides[axis]! * step),
  };
}

export function transposeView<Base>(view: View<Base>, permutation: readonly number[]): View<Base> {
  const reorder = (values: readonly number[]) => permutation.map((axis) => values[axis]!);
  return { ...view, shape: reorder(view.shape), strides: reorder(view.strides) };
}

export function swapLastAxes<Base>(view: View<Base>): View<Base> {
  const rank = view.shape.length;
  const leading = Array.from({ length: rank - 2 }, (_, axis) => axis);
  return transposeView(view, [...leading, rank - 1, rank - 2]);
}

/** The same elements in another shape, or undefined if no strides describe that. The view has elements. */
export function reshapeView<Base>(view: View<Base>, shape: Shape): View<Base> | undefined {
  if (isContiguous(view)) return { ...view, shape, strides: rowMajor(shape) };
  const from = view.shape.flatMap((dim, axis) => (dim === 1 ? [] : [{ dim, stride: view.strides[axis]! }]));
  const strides = new Array<number>(shape.length).fill(0);
  let source = 0;
  for (let axis = 0; axis < shape.length; ) {
    if (shape[axis] === 1) {
      axis++;
      continue;
    }
    // The shortest runs of axes on both sides that have equally many elements.
    const [firstSource, first] = [source, axis];
    let [available, needed] = [from[source++]!.dim, shape[axis++]!];
    while (available !== needed) {
      if (available < needed) available *= from[source++]!.dim;
      else needed *= shape[axis++]!;
    }
    const run = from.slice(firstSource, source);
    if (run.some(({ stride }, i) => i > 0 && run[i - 1]!.stride !== stride * run[i]!.dim)) return undefined;
    let step = run.at(-1)!.stride;
    for (let to = axis - 1; to >= first; to--) {
      strides[to] = step;
      step *= shape[to]!;
    }
  }
  return { ...view, shape, strides };
}

/** The one stride that steps through all axes in row-major order, or undefined. 0: all elements are the same. */
export function flatStride(dims: readonly number[], strides: readonly number[]): number | undefined {
  const axes = dims.flatMap((dim, axis) => (dim === 1 ? [] : [axis]));
  const isJoined = axes.every((axis, i) => {
    const next = axes[i + 1];
    return next === undefined || strides[axis] === strides[next]! * dims[next]!;
  });
  return isJoined ? (axes.length === 0 ? 0 : strides[axes.at(-1)!]!) : undefined;
}
