import { describe, expect, test } from "vitest";
import { grad } from "../../../autodiff/grad.ts";
import { compile } from "../../../compile.ts";
import "../../../fluent.ts";
import type { Expr } from "../../../ir/expr.ts";
import * as ops from "../../../ops/index.ts";
import { spec } from "../../../trace.ts";
import type { Tree } from "../../../tree.ts";
import { type Fusion, fuse } from "./fusion.ts";
import { lowerProgram } from "./lower_program.ts";

/** The stages of a step with the inputs x and y `[24, 16]` and w `[16, 16]`. */
function stagesOf(step: (x: Expr, y: Expr, w: Expr) => Tree<Expr>): Fusion {
  const inputs = { x: spec([24, 16]), y: spec([24, 16]), w: spec([16, 16]) };
  const program = compile(({ inputs: { x, y, w } }) => ({ outputs: step(x, y, w) }), { inputs });
  return fuse(lowerProgram(program.traced()).fetches.map(({ node }) => node));
}

const nests = ({ stages }: Fusion) => stages.filter(({ isNest }) => isNest);

describe("one loop nest has", () => {
  test("a chain of elementwise operations, of which only the result gets memory", () => {
    const fusion = stagesOf((x, y) => ({ z: ops.tanh(ops.add(ops.exp(x), y)) }));
    expect(nests(fusion)).toHaveLength(1);
    expect(fusion.stored.size).toBe(1);
  });

  test("a softmax with its gradient", () => {
    const fusion = stagesOf((x, y) => ({ g: grad(ops.softmax(x).mul(y).sum(), x) }));
    expect(nests(fusion)).toHaveLength(1);
  });

  test("layer normalisation with its gradients, the sums over rows included", () => {
    const fusion = stagesOf((x, y, w) => {
      const [weight, bias] = [ops.at(w, 0), ops.at(w, 1)];
      return grad(ops.layerNorm(x, weight, bias).mul(y).sum(), { x, weight, bias });
    });
    expect(nests(fusion)).toHaveLength(1);
    expect(nests(fusion)[0]!.late.size).toBe(2);
  });

  test("functions of the same input that do not need each other", () => {
    expect(nests(stagesOf((x) => ({ a: ops.exp(x), b: ops.tanh(x) })))).toHaveLength(1);
  });
});

describe("nests are apart where", () => {
  test("one needs a product of the other", () => {
    const fusion = stagesOf((x, _, w) => ({ z: ops.tanh(ops.matmul(ops.exp(x), w)) }));
    expect(fusion.stages.map(({ isNest }) => isNest)).toEqual([true, false, true]);
  });

  test("one needs the sum over all rows of the other, and columns do not count as rows", () => {
    const fusion = stagesOf((_x, _y, w) => {
      const y = ops.exp(w);
      return { z: ops.sub(y, ops.sum(y, { axis: 0, keepDims: true })) };
    });
    expect(nests(fusion)).toHaveLength(2);
    const square = stagesOf((_x, _y, w) => ({
      z: ops.sub(w, ops.transpose(ops.sum(ops.exp(w), { axis: 1, keepDims: true }))),
    }));
    expect(nests(square)).toHaveLength(2);
  });

  test("a value would be needed in another order", () => {
    const fusion = stagesOf((_x, _y, w) => {
      const y = ops.exp(w);
      return { z: ops.add(y, ops.transpose(y)) };
    });
    expect(nests(fusion)).toHaveLength(2);
  });
});

test("cheap functions of inputs are computed again by every stage that reads them", () => {
  const fusion = stagesOf((x, y, w) => {
    const scaled = ops.mul(y, 0.5);
    return { a: ops.matmul(ops.add(x, scaled), w), b: ops.sub(ops.matmul(ops.exp(x), w), scaled) };
  });
  expect([...fusion.inlined].map((node) => node.kind === "map" && node.formula)).toContain("$0 * $1");
  const costly = stagesOf((x, y, w) => {
    const power = ops.exp(y);
    return { a: ops.matmul(ops.add(x, power), w), b: ops.sub(ops.matmul(ops.exp(x), w), power) };
  });
  expect(costly.inlined.size).toBe(0);
});

test("stages come after those that they need, wherever nodes have joined others", () => {
  const { stages, stageOf, inlined } = stagesOf((x, y, w) => {
    const a = ops.layerNorm(ops.matmul(x, w));
    const b = ops.add(ops.matmul(ops.tanh(a), w), y);
    return grad(ops.softmax(ops.mul(a, b)).mul(y).sum(), { x, y, w });
  });
  const order = new Map(stages.map((stage, at) => [stage, at]));
  for (const [node, stage] of stageOf) {
    for (const { base } of node.inputs) {
      if (!stageOf.has(base) || inlined.has(base)) continue;
      expect(order.get(stageOf.get(base)!)).toBeLessThanOrEqual(order.get(stage)!);
    }
  }
});
