/** Rows for reading and adding at computed positions, and for ordering. */
import type { Expr } from "../../ir/expr.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../shape.ts";
import { alongAxis, build, item, type NdArray, reshape } from "./ndarray.ts";
import { array, type Draw, float, int, type Row, type Rows } from "./row.ts";

function gather(x: NdArray, indices: NdArray, axis: number): NdArray {
  const rank = indices.shape.length;
  return build([...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], (index) => {
    const picked = item(indices, index.slice(axis, axis + rank));
    return item(x, [...index.slice(0, axis), picked, ...index.slice(axis + rank)]);
  });
}

const GATHERS: readonly (readonly [Shape, number, Shape])[] = [
  [[4, 3], 0, [6]],
  [[4, 3], -1, [2, 2]],
  [[2, 4, 3], 1, [5]],
  [[4, 3], 0, []],
  [[4, 3], 0, [0]],
  [[0, 4], 1, [3]],
];

function gatherRows(draw: Draw): Row[] {
  return GATHERS.map(([shape, axis, indices]) => ({
    title: `[${shape}] axis ${axis} at [${indices}]`,
    inputs: [draw.normal(shape), draw.integers(indices, shape.at(axis)!)],
    apply: (x, at) => ops.gather(x, at, axis),
    reference: (x, at) => gather(x, at, axis < 0 ? axis + shape.length : axis),
  }));
}

const takeAlong = (x: NdArray, indices: NdArray, axis: number) =>
  build(indices.shape, (index) => item(x, index.with(axis, item(indices, index))));

const TAKES: readonly (readonly [Shape, number, Shape])[] = [
  [[3, 4], 1, [3, 6]],
  [[3, 4], 0, [5, 4]],
  [[2, 3, 2], -2, [2, 4, 2]],
  [[5], 0, [7]],
  [[0, 4], 1, [0, 2]],
];

function scatterAdd(x: NdArray, indices: NdArray, updates: NdArray, axis: number): NdArray {
  const result = { shape: x.shape, data: x.data.slice() };
  const flat = build(x.shape, () => 0);
  for (let i = 0; i < flat.data.length; i++) flat.data[i] = i;
  build(indices.shape, (index) => {
    result.data[item(flat, index.with(axis, item(indices, index)))]! += item(updates, index);
    return 0;
  });
  return result;
}

interface Ordered {
  readonly values: NdArray;
  readonly indices: NdArray;
}

function topK(x: NdArray, k: number, axis: number, largest: boolean): Ordered {
  const sign = largest ? -1 : 1;
  const order = (line: readonly number[]) =>
    line
      .map((_, i) => i)
      .sort((a, b) => sign * (line[a]! - line[b]!) || a - b)
      .slice(0, k);
  return {
    values: alongAxis(x, axis, k, (line) => order(line).map((i) => line[i]!)),
    indices: alongAxis(x, axis, k, order),
  };
}

function ordering(
  apply: (x: Expr, axis: number) => { values: Expr; indices: Expr },
  reference: (x: NdArray, axis: number) => Ordered,
) {
  return (draw: Draw): Row[] =>
    (
      [
        [[3, 5], -1],
        [[5, 3], 0],
        [[2, 4, 2], 1],
        [[0, 4], 1],
      ] as const
    ).map(([shape, axis]) => ({
      title: `[${shape}] along ${axis}, with equal elements`,
      // Rounded, so that some elements are equal: the lower index comes first.
      inputs: [float(shape, [...draw.normal(shape).data].map(Math.round))],
      apply: (x) => Object.values(apply(x, axis)),
      reference: (x) => Object.values(reference(x, axis < 0 ? axis + shape.length : axis)) as NdArray[],
      gradient: "none",
    }));
}

function extremumIndex(apply: (x: Expr, axis: number) => Expr, largest: boolean) {
  return (draw: Draw): Row[] =>
    (
      [
        [[3, 5], -1],
        [[5, 3], 0],
        [[4], 0],
        [[0, 4], 1],
      ] as const
    ).map(([shape, axis]) => ({
      title: `[${shape}] along ${axis}, with equal elements`,
      inputs: [float(shape, [...draw.normal(shape).data].map(Math.round))],
      apply: (x) => apply(x, axis),
      reference: (x) => {
        const at = axis < 0 ? axis + shape.length : axis;
        return reshape(topK(x, 1, at, largest).indices, (shape as Shape).toSpliced(at, 1));
      },
      gradient: "none",
    }));
}

export const indexingRows: Rows = {
  gather: (draw) => [
    ...gatherRows(draw),
    {
      title: "repeated and negative indices",
      inputs: [draw.normal([3, 2]), int([5], [2, 2, 0, -1, 2])],
      apply: (x, at) => ops.gather(x, at),
      reference: (x) => gather(x, array([5], [2, 2, 0, 2, 2]), 0),
    },
    {
      title: "one number",
      inputs: [int([3], [0, 0, -1])],
      apply: (at) => ops.gather(ops.zeros([1]), at),
      reference: () => array([3], [0, 0, 0]),
    },
  ],
  embedding: (draw) => [
    {
      title: "repeated tokens",
      inputs: [draw.normal([4, 3]), int([2, 3], [1, 1, 3, 0, 1, 3])],
      apply: ops.embedding,
      reference: (x, at) => gather(x, at, 0),
    },
  ],
  takeAlongAxis: (draw) =>
    TAKES.map(([shape, axis, indices]) => ({
      title: `[${shape}] axis ${axis} at [${indices}]`,
      inputs: [draw.normal(shape), draw.integers(indices, shape.at(axis)!)],
      apply: (x, at) => ops.takeAlongAxis(x, at, axis),
      reference: (x, at) => takeAlong(x, at, axis < 0 ? axis + shape.length : axis),
    })),
  scatterAdd: (draw) =>
    TAKES.map(([shape, axis, indices]) => ({
      title: `[${shape}] axis ${axis} at [${indices}]`,
      inputs: [draw.normal(shape), draw.integers(indices, shape.at(axis)!), draw.normal(indices)],
      apply: (x, at, updates) => ops.scatterAdd(x, at, updates, axis),
      reference: (x, at, updates) => scatterAdd(x, at, updates, axis < 0 ? axis + shape.length : axis),
    })),
  oneHot: () => [
    {
      title: "indices inside and outside the range",
      inputs: [int([2, 2], [0, 2, 3, -1])],
      apply: (x) => ops.oneHot(x, 3),
      reference: (x) => build([2, 2, 3], ([i, j, k]) => Number(item(x, [i!, j!]) === k)),
      gradient: "none",
    },
  ],
  argmax: extremumIndex(ops.argmax, true),
  argmin: extremumIndex(ops.argmin, false),
  topK: ordering(
    (x, axis) => ops.topK(x, 2, { axis }),
    (x, axis) => topK(x, 2, axis, true),
  ),
  sort: (draw) => [
    ...ordering(
      (x, axis) => ops.sort(x, axis),
      (x, axis) => topK(x, x.shape[axis]!, axis, false),
    )(draw),
    ...ordering(
      (x, axis) => ops.sort(x, axis, { descending: true }),
      (x, axis) => topK(x, x.shape[axis]!, axis, true),
    )(draw),
  ],
};
