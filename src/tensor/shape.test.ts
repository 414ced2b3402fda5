import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { broadcastShapes, formatShape, normalizeAxis, sameShape, sizeOf } from "./shape.ts";

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });

describe("broadcastShapes", () => {
  test.each([
    [[], [], []],
    [[3], [], [3]],
    [
      [2, 1, 3],
      [4, 1],
      [2, 4, 3],
    ],
    [[1], [0], [0]],
    [
      [5, 1],
      [1, 6],
      [5, 6],
    ],
  ])("of %j and %j is %j", (a, b, expected) => {
    expect(broadcastShapes(a, b)).toEqual(expected);
  });

  test.each([
    [[2], [3]],
    [[0], [2]],
    [[2, 3], [2]],
  ])("of %j and %j does not exist", (a, b) => {
    expect(broadcastShapes(a, b)).toBeUndefined();
  });

  test("does not depend on the order, and a shape broadcasts with itself and with a scalar to itself", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        expect(broadcastShapes(a, b)).toEqual(broadcastShapes(b, a));
        expect(broadcastShapes(a, a)).toEqual(a);
        expect(broadcastShapes(a, [])).toEqual(a);
      }),
    );
  });

  test("gives a shape to which both broadcast", () => {
    fc.assert(
      fc.property(shapes, shapes, (a, b) => {
        const joined = broadcastShapes(a, b);
        if (joined === undefined) return;
        expect(broadcastShapes(joined, a)).toEqual(joined);
        expect(broadcastShapes(joined, b)).toEqual(joined);
      }),
    );
  });
});

describe("normalizeAxis", () => {
  test("counts negative axes from the end", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.nat({ max: 5 }), (rank, axis) => {
        fc.pre(axis < rank);
        expect(normalizeAxis(axis, rank)).toBe(axis);
        expect(normalizeAxis(axis - rank, rank)).toBe(axis);
      }),
    );
  });

  test.each([
    [0, 0],
    [2, 2],
    [-3, 2],
    [0.5, 2],
    [Number.NaN, 2],
  ])("knows no axis %d of rank %d", (axis, rank) => {
    expect(normalizeAxis(axis, rank)).toBeUndefined();
  });
});

test("the size of a shape is the product of its dimensions, 1 for a scalar", () => {
  expect([sizeOf([]), sizeOf([2, 3, 4]), sizeOf([5, 0])]).toEqual([1, 24, 0]);
});

test("shapes are the same when ranks and all dimensions are", () => {
  expect(sameShape([2, 3], [2, 3])).toBe(true);
  expect(sameShape([2, 3], [3, 2])).toBe(false);
  expect(sameShape([2], [2, 1])).toBe(false);
});

test("a shape is printed in brackets", () => {
  expect(formatShape([2, 3])).toBe("[2, 3]");
  expect(formatShape([])).toBe("[]");
});
