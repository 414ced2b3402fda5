import { describe, expect, test } from "vitest";
import { compile } from "../../../compile.ts";
import type { Expr } from "../../../ir/expr.ts";
import * as ops from "../../../ops/index.ts";
import { Tensor } from "../../../tensor.ts";
import { spec } from "../../../trace.ts";
import type { Tree } from "../../../tree.ts";
import { generate } from "./generate.ts";

function codeOf(step: (x: Expr, w: Expr) => Tree<Expr>, rows = 64) {
  const inputs = { x: spec([rows, 64]), w: spec([64, 64]) };
  const program = compile(({ inputs: { x, w } }) => ({ outputs: step(x, w) }), { inputs });
  return generate(program.traced());
}

/** Names of the loops' functions, once per definition. */
const functions = (source: string) => source.match(/NOINLINE void k_\w+/g) ?? [];

function deepNetwork(x: Expr, w: Expr, layers: number): Expr {
  return layers === 0 ? x : deepNetwork(ops.tanh(ops.matmul(x, w)), w, layers - 1);
}

describe("generated code", () => {
  test("is the same for the same program, so that a cache finds it", () => {
    const step = (x: Expr, w: Expr) => ({ z: ops.softmax(deepNetwork(x, w, 3)) });
    expect(codeOf(step)).toEqual(codeOf(step));
  });

  test("has one function for loops of the same form", () => {
    const layers = (count: number) => functions(codeOf((x, w) => ({ z: deepNetwork(x, w, count) })).sources[0]!).length;
    expect(layers(6)).toBe(layers(2));
  });

  test("of many functions is two translation units, for two compilers at the same time", () => {
    const different = (x: Expr, count: number): Expr[] =>
      Array.from({ length: count }, (_, i) => ops.mean(ops.tanh(ops.mul(x, i + 0.5)), { axis: 1 }));
    const units = (count: number) => codeOf((x) => different(x, count)).sources;
    expect(units(2)).toHaveLength(1);
    const [kernels, step] = units(300);
    expect(functions(kernels!).length).toBeGreaterThan(100);
    expect(functions(step!)).toEqual([]);
    expect(step).toContain("static void handrail_step(");
  });

  test("uses memory again when its contents are no longer needed", () => {
    const centred = (x: Expr) => ops.sub(x, ops.mean(x, { axis: 0, keepDims: true }));
    const layers = (x: Expr, w: Expr, count: number): Expr =>
      count === 0 ? x : layers(centred(deepNetwork(x, w, 1)), w, count - 1);
    const bytes = (count: number) => codeOf((x, w) => ({ z: layers(x, w, count) }), 4096).arenaBytes;
    expect(bytes(12)).toBeLessThan(bytes(4) * 1.5);
  });

  test("runs products and the loops that follow them in blocks of rows, and cuts large ones into tasks", () => {
    const source = codeOf((x, w) => ({ z: deepNetwork(x, w, 2) }), 4096).sources.join("\n");
    expect(source.match(/run_tasks\(pool, region_\d+, &step, \d+\)/g)).toHaveLength(1);
    expect(source).toMatch(/for \(int b = lo; b < hi; b \+= \d+\)/);
  });

  test("lists the pointers of a run: what is fed and used, constants, and what is fetched", () => {
    const { slots } = codeOf((x) => ({ z: ops.add(x, ops.constant(Tensor.of([64], new Float32Array(64)))) }));
    expect(slots.map(({ kind }) => kind)).toEqual(["feed", "constant", "fetch"]);
    expect(slots[0]).toMatchObject({ bytes: 64 * 64 * 4 });
  });

  test.each([
    ["an array", [70_000, 70_000], (x: Expr) => ops.exp(x)],
    ["rows of a broadcast", [70_000, 1, 20], (x: Expr) => ops.sum(ops.mul(x, ops.transpose(x, [1, 0, 2])))],
  ])("is refused for more elements than it can count: %s", (_, shape, step) => {
    const program = compile(({ inputs: { x } }) => ({ outputs: step(x) }), { inputs: { x: spec(shape) } });
    expect(() => generate(program.traced())).toThrow(/^c cannot compute with \S.*70000.*: more than 2³⁰ elements$/);
  });

  test("is refused for element types without arithmetic in C", () => {
    expect(() => codeOf((x) => ({ z: ops.cast(ops.add(ops.cast(x, "float16"), 1), "float32") }))).toThrow(/float16/);
  });
});
