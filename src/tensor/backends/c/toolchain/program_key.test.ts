import { expect, test } from "vitest";
import { compile, constant, type Expr, ops, spec, Tensor } from "../../../index.ts";
import { programKey, structureOf } from "./program_key.ts";

const GCC = "/usr/bin/x86_64-linux-gnu-gcc-12 1018216 1673147022000";

function traced(step: (x: Expr) => Expr, shape = [4], name = "x") {
  return compile(({ inputs }) => ({ outputs: step(inputs[name]!) }), { inputs: { [name]: spec(shape) } }).traced();
}

test("equal for equal programs, whenever they are traced", async () => {
  const step = (x: Expr) => ops.exp(x).add(constant(Tensor.of([4], [1, 2, 3, 4])));
  expect(await programKey(traced(step), GCC)).toBe(await programKey(traced(step), GCC));
  expect(await programKey(traced(step), GCC)).toMatch(/^[0-9a-f]{64}$/);
});

test("different for another compiler", async () => {
  const program = traced(ops.exp);
  const keys = await Promise.all([GCC, GCC.replace("1018216", "1018217")].map((files) => programKey(program, files)));
  expect(new Set(keys).size).toBe(2);
});

test("different for whatever changes the code", () => {
  const ofConstant = (...values: number[]) => traced((x) => x.add(constant(Tensor.of([4], values))));
  const programs = [
    traced(ops.exp),
    traced(ops.sin),
    traced(ops.exp, [5]),
    traced(ops.exp, [2, 2]),
    traced(ops.exp, [4], "y"),
    traced((x) => x.add(1)),
    traced((x) => x.add(2)),
    traced((x) => x.mul(Number.POSITIVE_INFINITY)),
    traced((x) => x.mul(Number.NEGATIVE_INFINITY)),
    traced((x) => ops.clip(x, 0, 1)),
    traced((x) => ops.clip(x, -0.5, 1)),
    ofConstant(1, 2, 3, 4),
    ofConstant(1, 2, 3, 5),
    ofConstant(1, 2, 3, -0),
    ofConstant(1, 2, 3, 0),
  ];
  const structures = programs.map(structureOf);
  expect(new Set(structures).size).toBe(programs.length);
});

test("different when a state's buffer is replaced by another output", () => {
  const program = traced(ops.exp);
  const [output] = program.outputs;
  const stored = { ...program, outputs: [], stateOutputs: [{ ...output!, buffer: "weights" }] };
  const elsewhere = { ...program, outputs: [], stateOutputs: [{ ...output!, buffer: "moments" }] };
  expect(new Set([program, stored, elsewhere].map(structureOf)).size).toBe(3);
});
