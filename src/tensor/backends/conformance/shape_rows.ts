/** Rows for reshaping, broadcasting, joining and cutting. */
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../shape.ts";
import { build, concat, item, map, reshape, slice, transpose } from "./ndarray.ts";
import { array, type Draw, type Row, type Rows } from "./row.ts";

/** Sizes of parts: a shader of WebGPU may have as few as eight buffers, inputs and outputs together. */
const MANY = [1, 2, 1, 3, 1, 1, 2, 1, 1, 2, 1, 1, 3, 1, 2, 1, 1];

function starts(sizes: readonly number[]): number[] {
  return sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
}

/** Rows that apply one function to normal inputs of given shapes. */
function row(
  draw: Draw,
  title: string,
  shapes: readonly Shape[],
  apply: Row["apply"],
  reference: Row["reference"],
): Row {
  return { title, inputs: shapes.map((shape) => draw.normal(shape)), apply, reference };
}

function sliceRows(draw: Draw): Row[] {
  const bounds = [
    [[4, 5], 1, 1, 3, 1],
    [[4, 5], -1, -2, undefined, 1],
    [[4, 5], 0, 0, 4, 3],
    [[7], 0, 1, 7, 3],
    [[7], 0, 2, 6, 2],
    [[3, 2], 0, 1, 1, 1],
    [[0, 3], 1, 1, 2, 1],
  ] as const;
  return [
    ...bounds.map(([shape, axis, start, end, step]) => {
      const size = shape.at(axis)!;
      const at = axis < 0 ? axis + shape.length : axis;
      const [from, to] = [start < 0 ? start + size : start, end ?? size];
      return row(
        draw,
        `[${shape}] axis ${axis}, ${start}:${end}:${step}`,
        [shape],
        (x) => ops.slice(x, axis, start, end, step),
        (x) => slice(x, at, from, to, step),
      );
    }),
    row(
      draw,
      "overlapping slices of one tensor",
      [[6, 2]],
      (x) => [ops.slice(x, 0, 0, 4), ops.slice(x, 0, 2, 6)],
      (x) => [slice(x, 0, 0, 4), slice(x, 0, 2, 6)],
    ),
    row(
      draw,
      "disjoint slices with a gap, and the whole",
      [[6, 2]],
      (x) => [ops.slice(x, 0, 1, 2), ops.slice(x, 0, 4), x],
      (x) => [slice(x, 0, 1, 2), slice(x, 0, 4, 6), x],
    ),
    row(
      draw,
      "slices along two axes and with steps",
      [[6, 4]],
      (x) => [ops.slice(x, 0, 0, 3), ops.slice(x, 1, 1, 3), ops.slice(x, 0, 1, 6, 2)],
      (x) => [slice(x, 0, 0, 3), slice(x, 1, 1, 3), slice(x, 0, 1, 6, 2)],
    ),
    row(
      draw,
      "a slice of a slice",
      [[8]],
      (x) => ops.slice(ops.slice(x, 0, 1, 7), 0, 2, 4),
      (x) => slice(x, 0, 3, 5),
    ),
    row(
      draw,
      "a slice of a concatenation, within a part and across",
      [[3], [4]],
      (x, y) => [ops.slice(ops.concat([x, y]), 0, 4, 6), ops.slice(ops.concat([x, y]), 0, 2, 4)],
      (x, y) => [slice(concat([x, y], 0), 0, 4, 6), slice(concat([x, y], 0), 0, 2, 4)],
    ),
  ];
}

export const shapeRows: Rows = {
  reshape: (draw) => [
    row(
      draw,
      "with an inferred size",
      [[2, 6]],
      (x) => ops.reshape(x, [3, -1]),
      (x) => reshape(x, [3, 4]),
    ),
    row(
      draw,
      "a scalar from one element",
      [[1, 1]],
      (x) => ops.reshape(x, []),
      (x) => reshape(x, []),
    ),
    row(
      draw,
      "an empty tensor",
      [[0, 4]],
      (x) => ops.reshape(x, [2, 0]),
      (x) => reshape(x, [2, 0]),
    ),
    row(
      draw,
      "twice",
      [[2, 6]],
      (x) => ops.reshape(ops.reshape(x, [12]), [4, 3]),
      (x) => reshape(x, [4, 3]),
    ),
  ],
  transpose: (draw) => [
    row(
      draw,
      "the last two axes",
      [[2, 3, 4]],
      (x) => ops.transpose(x),
      (x) => transpose(x, [0, 2, 1]),
    ),
    row(
      draw,
      "a cycle of axes",
      [[2, 3, 4]],
      (x) => ops.transpose(x, [1, 2, 0]),
      (x) => transpose(x, [1, 2, 0]),
    ),
    row(
      draw,
      "an empty tensor",
      [[0, 3]],
      (x) => ops.transpose(x),
      (x) => transpose(x, [1, 0]),
    ),
  ],
  broadcastTo: (draw) => [
    row(
      draw,
      "new and widened axes",
      [[3, 1]],
      (x) => ops.broadcastTo(x, [2, 3, 4]),
      (x) => build([2, 3, 4], (at) => item(x, at)),
    ),
    row(
      draw,
      "a scalar",
      [[]],
      (x) => ops.broadcastTo(x, [2, 3]),
      (x) => build([2, 3], () => item(x, [])),
    ),
    row(
      draw,
      "to nothing",
      [[1, 3]],
      (x) => ops.broadcastTo(x, [0, 3]),
      () => build([0, 3], () => 0),
    ),
  ],
  concat: (draw) => [
    row(
      draw,
      "of more parts than a shader's buffers",
      MANY.map((size) => [2, size, 2]),
      (...parts) => ops.concat(parts, 1),
      (...parts) => concat(parts, 1),
    ),
    row(
      draw,
      "along the first axis",
      [
        [2, 3],
        [1, 3],
        [0, 3],
      ],
      (x, y, z) => ops.concat([x, y, z]),
      (x, y, z) => concat([x, y, z], 0),
    ),
    row(
      draw,
      "along the last axis, one part twice",
      [
        [2, 3],
        [2, 1],
      ],
      (x, y) => ops.concat([x, y, x], -1),
      (x, y) => concat([x, y, x], 1),
    ),
    row(
      draw,
      "adjacent slices join again",
      [[5, 2]],
      (x) => ops.concat([ops.slice(x, 0, 0, 2), ops.slice(x, 0, 2)]),
      (x) => x,
    ),
    row(
      draw,
      "slices in another order",
      [[5]],
      (x) => ops.concat([ops.slice(x, 0, 2), ops.slice(x, 0, 0, 2)]),
      (x) => concat([slice(x, 0, 2, 5), slice(x, 0, 0, 2)], 0),
    ),
  ],
  stack: (draw) => [
    row(
      draw,
      "two matrices",
      [
        [2, 3],
        [2, 3],
      ],
      (x, y) => ops.stack([x, y]),
      (x, y) => reshape(concat([x, y], 0), [2, 2, 3]),
    ),
    row(
      draw,
      "scalars",
      [[], []],
      (x, y) => ops.stack([x, y]),
      (x, y) => array([2], [item(x, []), item(y, [])]),
    ),
  ],
  slice: sliceRows,
  split: (draw) => [
    row(
      draw,
      "into more parts than a shader's buffers",
      [[2, starts([...MANY, 0]).at(-1)!, 2]],
      (x) => ops.split(x, MANY, 1),
      (x) => starts(MANY).map((start, i) => slice(x, 1, start, start + MANY[i]!)),
    ),
    row(
      draw,
      "along the last axis",
      [[2, 6]],
      (x) => ops.split(x, [1, 3, 2], -1),
      (x) => [slice(x, 1, 0, 1), slice(x, 1, 1, 4), slice(x, 1, 4, 6)],
    ),
    row(
      draw,
      "with an empty piece",
      [[3]],
      (x) => ops.split(x, [0, 3]),
      (x) => [slice(x, 0, 0, 0), x],
    ),
  ],
  at: (draw) => [
    row(
      draw,
      "the second and the last",
      [[4, 2]],
      (x) => [ops.at(x, 1), ops.at(x, -1)],
      (x) => [reshape(slice(x, 0, 1, 2), [2]), reshape(slice(x, 0, 3, 4), [2])],
    ),
  ],
  pad: (draw) => [
    row(
      draw,
      "with zeros",
      [[2, 3]],
      (x) => ops.pad(x, [1, 0], [0, 2]),
      (x) => build([3, 5], ([i, j]) => (i! >= 1 && j! < 3 ? item(x, [i! - 1, j!]) : 0)),
    ),
    row(
      draw,
      "with two values, infinities included",
      [[2]],
      (x) =>
        [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 7].map((value) =>
          ops.exp(ops.neg(ops.abs(ops.pad(x, [1], [0], value)))),
        ),
      (x) =>
        [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 7].map((value) =>
          map((v) => Math.exp(-Math.abs(v)), concat([array([1], [value]), x], 0)),
        ),
    ),
    row(
      draw,
      "an empty tensor",
      [[0, 2]],
      (x) => ops.pad(x, [1, 0], [1, 0], 3),
      () => build([2, 2], () => 3),
    ),
  ],
  zeros: (draw) => [
    row(
      draw,
      "added to a tensor",
      [[3]],
      (x) => ops.add(x, ops.zeros([2, 3])),
      (x) => build([2, 3], (at) => item(x, at)),
    ),
  ],
};
