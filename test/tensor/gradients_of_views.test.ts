/**
 * Gradients of tensors that the loss reads only through other views. Views of views are shortened when a model is emitted;
 * if they were shortened earlier, the path from loss to parameter would bypass the parameter and the gradient would silently
 * be zero.
 */
import { expect, test } from "vitest";
import { type Expr, grad, ops, Tensor } from "../../src/tensor/index.ts";
import { broadcastTo } from "../../src/tensor/ops/broadcast.ts";
import { evaluate } from "./evaluate.ts";

const X = Tensor.of([6], [1, 2, 3, 4, 5, 6]);

/** d(loss)/d(parameter), where `view` makes the parameter from the input. */
async function gradientOf(view: (x: Expr) => Expr, loss: (parameter: Expr) => Expr): Promise<number[]> {
  const result = await evaluate(X, (x) => {
    const parameter = view(x);
    return grad(loss(parameter), parameter);
  });
  return [...(result.data as Float32Array)];
}

const VIEWS: Readonly<Record<string, (x: Expr) => Expr>> = {
  "a reshape": (x) => x.reshape([2, 3]),
  "a slice that was reshaped": (x) => x.slice(0, 0, 4).reshape([2, 2]),
  "a concatenation": (x) => ops.concat([x.slice(0, 3), x.slice(0, 0, 3)]).reshape([3, 2]),
  "a multiple": (x) => x.mul(3).reshape([2, 3]),
  "a transpose": (x) => x.reshape([2, 3]).transpose(),
  "an expansion": (x) => broadcastTo(x.slice(0, 0, 2), [3, 2]),
};

test.each(Object.entries(VIEWS))("of a parameter that is %s", async (_, view) => {
  const size = (await evaluate(X, view)).size;
  const values = [...((await evaluate(X, view)).data as Float32Array)];
  const flat = (p: Expr) => p.reshape([size]);
  const twice = values.map((value) => 2 * value);

  // A view of the same elements under another shape: d Σ p² / dp = 2p.
  expect(await gradientOf(view, (p) => flat(p).square().sum())).toEqual(twice);
  // A view of a view of it.
  expect(await gradientOf(view, (p) => flat(p).reshape([1, size]).square().sum())).toEqual(twice);
  // Part of a part: only element 1.
  expect(await gradientOf(view, (p) => flat(p).slice(0, 1).slice(0, 0, 1).square().sum())).toEqual(
    twice.map((value, i) => (i === 1 ? value : 0)),
  );
  // Its part of a concatenation.
  const joined = (p: Expr) => ops.concat([flat(p).mul(0), flat(p)]);
  expect(await gradientOf(view, (p) => joined(p).slice(0, size).square().sum())).toEqual(twice);
  // Adjacent parts joined to the whole again.
  const cut = (p: Expr) => ops.concat([flat(p).slice(0, 0, 1), flat(p).slice(0, 1)]);
  expect(await gradientOf(view, (p) => cut(p).square().sum())).toEqual(twice);
  // Constant factors collected: d Σ 2·(5·p)² / dp = 100p.
  expect(await gradientOf(view, (p) => p.mul(2).mul(2.5).square().mul(2).sum())).toEqual(
    values.map((value) => 100 * value),
  );
  // Expanded and then used elementwise, where the expansion is left out: d Σ 3p² / dp = 6p.
  const three = (p: Expr) => broadcastTo(flat(p), [3, size]);
  expect(await gradientOf(view, (p) => three(p).mul(three(p)).sum())).toEqual(values.map((value) => 6 * value));
});

test("of an expanded parameter used beside a tensor of the full shape", async () => {
  const inputs = { x: Tensor.of([1, 2], [3, 5]), y: Tensor.of([3, 2], [1, 2, 3, 4, 5, 6]) };
  const gradients = await evaluate(inputs, ({ x, y }) => {
    const expanded = broadcastTo(x, [3, 2]);
    const loss = expanded.mul(y).sum();
    return { x: grad(loss, x), expanded: grad(loss, expanded) };
  });
  expect([...gradients.x.data]).toEqual([9, 12]);
  expect([...gradients.expanded.data]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("of a product whose factors are both constants times the parameter", async () => {
  expect(
    await gradientOf(
      (x) => x.mul(2),
      (p) => p.mul(3).mul(p.mul(4)).sum(),
    ),
  ).toEqual([2, 4, 6, 8, 10, 12].map((p) => 24 * p));
});
