/** The yardstick of the engine's benchmark: operations counted in what the runtime executed. */
import { expect, test } from "vitest";
import { executedFlops, operatorFlops } from "../../bench/engine/executed_flops.ts";
import { matmul } from "../../bench/engine/workloads/matmul.ts";
import { nothing } from "../../bench/engine/workloads/nothing.ts";
import { compile, ops, spec, Tensor } from "../../src/tensor/index.ts";

test("a square product of size n takes 2n³ operations, an addition none that count", async () => {
  expect(await executedFlops(matmul(24))).toBe(2 * 24 ** 3);
  expect(await executedFlops(nothing)).toBe(0);
});

test("a convolution takes two operations per element of the result and weight of its channel", async () => {
  const [x, weight] = [Tensor.zeros([2, 3, 9, 9]), Tensor.zeros([4, 3, 3, 3])];
  const flops = await executedFlops({
    name: "conv",
    sizes: "",
    create(options) {
      const inputs = { x: spec(x.shape), weight: spec(weight.shape) };
      const step = compile(({ inputs: i }) => ({ outputs: ops.conv2d(i.x, i.weight) }), { inputs }, options);
      return { program: step, run: () => step.run({ x, weight }) };
    },
  });
  expect(flops).toBe(2 * (2 * 4 * 7 * 7) * (3 * 3 * 3));
});

test.each([
  ["plain", [5, 7], [7, 3], [5, 3], 2 * 5 * 7 * 3],
  ["with the left factor transposed", [7, 5], [7, 3], [5, 3], 2 * 5 * 7 * 3],
  ["batched against one matrix", [2, 5, 7], [7, 3], [2, 5, 3], 2 * 2 * 5 * 7 * 3],
  ["of one matrix against a batch", [5, 7], [2, 7, 3], [2, 5, 3], 2 * 2 * 5 * 7 * 3],
] as const)("a product %s counts the axis that is summed over", (_, left, right, output, expected) => {
  expect(operatorFlops({ name: "FusedMatMul", inputs: [left, right], output })).toBe(expected);
});
