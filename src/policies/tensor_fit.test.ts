import { expect, it } from "vitest";
import { Tensor } from "../tensor/tensor.ts";
import { assertTensorsFit } from "./tensor_fit.ts";

const expected = { weight: Tensor.zeros([2, 3]), bias: Tensor.zeros([2]), scale: Tensor.zeros([1]) };

it("accepts tensors of the same names, shapes and types in any order", () => {
  const { weight, bias, scale } = expected;
  expect(() => assertTensorsFit(expected, { scale, bias, weight }, "the file")).not.toThrow();
});

it("lists all problems at once", () => {
  const given = { weight: Tensor.zeros([3, 2]), scale: Tensor.zeros([1], "float64"), extra: Tensor.zeros([]) };
  expect(() => assertTensorsFit(expected, given, "the file")).toThrow(
    "the file does not fit the config:\n" +
      "  weight: is float32 [3,2], expected float32 [2,3]\n" +
      "  missing: bias\n" +
      "  scale: is float64 [1], expected float32 [1]\n" +
      "  unexpected: extra",
  );
});
