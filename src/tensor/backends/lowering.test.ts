import { describe, expect, test } from "vitest";
import { definedPrimitives, type Expr, primitive } from "../ir/expr.ts";
import { PRIMITIVES } from "../ops/primitives.ts";
import { lower } from "./lowering.ts";
import { ONNX_LOWERINGS } from "./onnx/lowerings.ts";

const sorted = (names: Iterable<string>) => [...names].sort();

describe("the list of primitives", () => {
  test("has each defined primitive under its name", () => {
    expect(new Map(Object.entries(PRIMITIVES))).toEqual(new Map([...definedPrimitives()]));
    for (const [name, { name: own }] of Object.entries(PRIMITIVES)) expect(own).toBe(name);
  });

  test("has unique names", () => {
    expect(() => primitive({ name: "matmul" })).toThrow('two primitives are called "matmul"');
  });
});

describe("a lowering table", () => {
  test("of ONNX covers every primitive", () => {
    expect(sorted(Object.keys(ONNX_LOWERINGS))).toEqual(sorted(definedPrimitives().keys()));
  });

  test("without an operation names it and the backend", () => {
    const node = { primitive: PRIMITIVES.topK } as unknown as Expr;
    expect(() => lower("the abacus", {}, node)).toThrow(
      'the abacus cannot compute "topK": its lowering table has no such operation',
    );
  });
});
