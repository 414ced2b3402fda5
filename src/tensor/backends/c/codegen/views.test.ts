import { describe, expect, test } from "vitest";
import { Random } from "../../../random.ts";
import { sizeOf } from "../../../shape.ts";
import {
  broadcastView,
  flatStride,
  isContiguous,
  isWhole,
  reshapeView,
  rowMajor,
  sliceView,
  swapLastAxes,
  transposeView,
  type View,
  whole,
} from "./views.ts";

const base = (...shape: number[]) => ({ shape });

/** The positions of all elements, in the order of the view. */
function positions({ offset, shape, strides }: View<unknown>): number[] {
  const after = rowMajor(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    shape.reduce((at, dim, axis) => at + (Math.floor(i / after[axis]!) % dim) * strides[axis]!, offset),
  );
}

describe("a view", () => {
  test("of a whole array has its elements in order", () => {
    expect(positions(whole(base(2, 3)))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(isWhole(whole(base(2, 3)))).toBe(true);
  });

  test("repeats elements along broadcast axes", () => {
    expect(positions(broadcastView(whole(base(2, 1)), [2, 2, 2]))).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
  });

  test("picks every other column, and transposes", () => {
    const columns = sliceView(whole(base(2, 4)), 1, 1, 2, 2);
    expect(positions(columns)).toEqual([1, 3, 5, 7]);
    expect(positions(swapLastAxes(columns))).toEqual([1, 5, 3, 7]);
    expect(isContiguous(columns)).toBe(false);
    expect(isWhole(columns)).toBe(false);
  });

  test("keeps the order of its elements when it is reshaped, or cannot be", () => {
    const random = new Random(7);
    let reshaped = 0;
    for (let round = 0; round < 400; round++) {
      const shape = Array.from({ length: 3 }, () => [1, 2, 3, 4][random.integer(4)]!);
      let view: View<unknown> = transposeView(
        whole(base(...shape)),
        [
          [0, 1, 2],
          [1, 0, 2],
          [2, 1, 0],
        ][random.integer(3)]!,
      );
      const axis = random.integer(3);
      if (random.integer(2) === 0 && view.shape[axis]! > 1) view = sliceView(view, axis, 1, view.shape[axis]! - 1);
      const factors = view.shape.flatMap((dim) => (dim === 4 ? [2, 2] : [dim]));
      const merged = [factors.slice(0, 2).reduce((a, b) => a * b, 1), 1, ...factors.slice(2)];
      const result = reshapeView(view, merged);
      if (result === undefined) continue;
      reshaped++;
      expect(positions(result)).toEqual(positions(view));
    }
    expect(reshaped).toBeGreaterThan(200);
  });
});

test("one stride steps through axes that follow each other without a gap", () => {
  expect(flatStride([2, 3], [3, 1])).toBe(1);
  expect(flatStride([2, 1, 3], [6, 99, 2])).toBe(2);
  expect(flatStride([2, 3], [4, 1])).toBeUndefined();
  expect(flatStride([2, 3], [0, 0])).toBe(0);
  expect(flatStride([], [])).toBe(0);
});
