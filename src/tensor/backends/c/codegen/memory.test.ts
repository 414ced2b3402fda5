import { expect, test } from "vitest";
import { compute } from "../../../../../test/tensor/compute.ts";
import { type Expr, ops, Tensor } from "../../../index.ts";
import { compiledBackend } from "../backend.ts";

const x = Tensor.of([3, 2], [1, 2, 3, 4, 5, 6]);

test("the parts of a concatenation lie where it is, also columns that become rows", async () => {
  const step = (x: Expr) => {
    const column = ops.sum(ops.exp(ops.mul(x, 0)), { axis: 1, keepDims: true });
    const row = ops.reshape(ops.mul(column, ops.slice(x, 1, 0, 1)), [1, 3]);
    return [ops.concat([row, ops.mul(row, 10)], 0), ops.concat([x, ops.mul(x, 2)], 1)];
  };
  const [rows, columns] = await compute(compiledBackend, step, [x]);
  expect(rows).toEqual([2, 6, 10, 20, 60, 100]);
  expect(columns).toEqual([1, 2, 2, 4, 3, 4, 6, 8, 5, 6, 10, 12]);
});

test("a value that is several results, parts of others and needed inside has all its places", async () => {
  const step = (x: Expr) => {
    const y = ops.add(x, 1);
    const joined = ops.concat([y, x, y], 0);
    return [y, y, joined, ops.slice(joined, 0, 2, 5), ops.sum(joined), x, ops.transpose(y)];
  };
  const [first, second, joined, part, sum, same, transposed] = await compute(compiledBackend, step, [x]);
  expect(first).toEqual([2, 3, 4, 5, 6, 7]);
  expect(second).toEqual(first);
  expect(joined).toEqual([...first!, ...x.data, ...first!]);
  expect(part).toEqual(joined!.slice(4, 10));
  expect(sum).toEqual([75]);
  expect(same).toEqual([...x.data]);
  expect(transposed).toEqual([2, 4, 6, 3, 5, 7]);
});
