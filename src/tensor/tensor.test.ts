import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { arrayType, bytesPerElement, DTYPES, isFloat } from "./dtype.ts";
import { Tensor } from "./tensor.ts";

describe("a tensor", () => {
  test.each(DTYPES)("of %s holds zeros of the right array type", (dtype) => {
    const { data, shape, size } = Tensor.zeros([2, 3], dtype);
    expect(data).toBeInstanceOf(arrayType(dtype));
    expect([...data].map(Number)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(data.byteLength).toBe(6 * bytesPerElement(dtype));
    expect([shape, size]).toEqual([[2, 3], 6]);
  });

  test("wraps its data without a copy; clone copies it", () => {
    const data = Float32Array.of(1, 2);
    const tensor = new Tensor("float32", [2], data);
    const copy = tensor.clone();
    data[0] = 9;
    expect([...tensor.data]).toEqual([9, 2]);
    expect([...copy.data]).toEqual([1, 2]);
  });

  test("takes any shape that holds as many elements, and no other", () => {
    const dims = fc.array(fc.nat({ max: 4 }), { maxLength: 4 });
    fc.assert(
      fc.property(dims, fc.nat({ max: 20 }), (shape, length) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const create = () => new Tensor("float32", shape, new Float32Array(length));
        if (size === length) expect(create().shape).toEqual(shape);
        else expect(create).toThrow(`holds ${size} elements, the data has ${length}`);
      }),
    );
  });

  test.each([[[-1]], [[1.5]], [[Number.NaN]], [[2 ** 60]]])("refuses the shape %j", (shape) => {
    expect(() => Tensor.zeros(shape)).toThrow(RangeError);
  });

  test("refuses data of another array type", () => {
    expect(() => new Tensor("float32", [1], new Float64Array(1) as never)).toThrow(
      /a float32 tensor holds a Float32Array, got Float64Array/,
    );
    expect(() => new Tensor("int64", [1], [1n] as never)).toThrow(/a int64 tensor holds a BigInt64Array, got Array/);
    expect(() => new Tensor("bool", [1], undefined as never)).toThrow(/got undefined/);
  });

  test("reshapes without copying", () => {
    const tensor = Tensor.of([2, 2], [1, 2, 3, 4]);
    expect(tensor.reshape([4]).data).toBe(tensor.data);
    expect(() => tensor.reshape([3])).toThrow(/shape \[3\] holds 3 elements, the data has 4/);
  });

  test("has an item when it has one element", () => {
    expect(Tensor.scalar(2.5).item()).toBe(2.5);
    expect(new Tensor("int64", [1, 1], BigInt64Array.of(7n)).item()).toBe(7);
    expect(() => Tensor.zeros([2]).item()).toThrow(/item\(\) needs one element, the shape is \[2\]/);
  });
});

test("four element types are floating-point", () => {
  expect(DTYPES.filter(isFloat)).toEqual(["float64", "float32", "float16", "bfloat16"]);
});
