/** Rows for formulas of several operations whose naive form overflows or cancels. */
import { grad } from "../../autodiff/grad.ts";
import * as ops from "../../ops/index.ts";
import { convGradientRows } from "./image_rows.ts";
import { build, item, map, matmul, matrixTranspose, reduce, total } from "./ndarray.ts";
import { softmax } from "./reduction_rows.ts";
import { float, type Rows } from "./row.ts";

export const compositeRows: Rows = {
  "log-probability of tanh": () => [
    {
      // log(1 − tanh² x) = 2 (log 2 − x − softplus(−2x)), finite where 1 − tanh² x has rounded to zero.
      title: "far into saturation",
      inputs: [float([9], [-20, -10, -3, -0.1, 0, 0.5, 3, 10, 20])],
      apply: (x) => ops.mul(ops.sub(ops.sub(Math.LN2, x), ops.softplus(ops.mul(x, -2))), 2),
      reference: (x) =>
        map((value) => -2 * (Math.abs(value) + Math.log1p(Math.exp(-2 * Math.abs(value))) - Math.LN2), x),
    },
  ],
  "second derivatives": (draw) => [
    {
      title: "of tanh² and of a slice",
      inputs: [draw.normal([4])],
      apply: (x) => grad(ops.sum(ops.square(ops.tanh(ops.slice(x, 0, 1)))), x),
      reference: (x) =>
        build([4], ([i]) => (i === 0 ? 0 : 2 * Math.tanh(item(x, [i!])) * (1 - Math.tanh(item(x, [i!])) ** 2))),
    },
    {
      title: "of a cubed matrix product",
      inputs: [draw.normal([3, 2]), draw.normal([2, 4])],
      apply: (x, w) => grad(ops.sum(ops.pow(ops.matmul(x, w), 3)), x),
      reference: (x, w) =>
        matmul(
          map((y) => 3 * y * y, matmul(x, w)),
          matrixTranspose(w),
        ),
    },
    {
      title: "of a squared convolution whose window is the image",
      inputs: [draw.normal([2, 1, 2, 3]), draw.normal([1, 1, 2, 3])],
      apply: (x, w) => grad(ops.sum(ops.square(ops.conv2d(x, w))), x),
      reference: (x, w) =>
        map(
          (dot, weight) => 2 * dot * weight,
          reduce(
            map((a, b) => a * b, x, w),
            [1, 2, 3],
            total,
            true,
          ),
          w,
        ),
    },
    {
      title: "of a softmax",
      inputs: [draw.normal([2, 3])],
      apply: (x) => grad(ops.sum(ops.logSumExp(x, { axis: 1 })), x),
      reference: (x) => softmax(x, 1),
    },
  ],
  "second derivatives of a convolution": convGradientRows,
};
