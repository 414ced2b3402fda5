/** Runs a few operations once, for tests that need numbers rather than programs. */
import { expect } from "vitest";
import { difference } from "../../src/tensor/backends/conformance/check_rows.ts";
import { fromTensor } from "../../src/tensor/backends/conformance/ndarray.ts";
import { compile, type Expr, type MapTree, mapTree, spec, type Tensor } from "../../src/tensor/index.ts";

interface AnyProgram {
  run(inputs: unknown): Promise<unknown>;
  dispose(): Promise<void>;
}

/** The result of `step` for a tree of tensors. */
export async function evaluate<Inputs, Outputs>(
  inputs: Inputs,
  step: (inputs: MapTree<Inputs, Tensor, Expr>) => Outputs,
): Promise<MapTree<Outputs, Expr, Tensor>> {
  const specs = mapTree(inputs, ({ shape, dtype }: Tensor) => spec(shape, dtype));
  const traced = ({ inputs: exprs }: { inputs: unknown }) => ({
    outputs: step(exprs as MapTree<Inputs, Tensor, Expr>),
  });
  const program = compile(traced as never, { inputs: specs }, { threads: 1 }) as unknown as AnyProgram;
  try {
    return (await program.run(inputs)) as MapTree<Outputs, Expr, Tensor>;
  } finally {
    await program.dispose();
  }
}

/** Same shape, and every element within `tolerance · (1 + |expected|)`. */
export function expectClose(actual: Tensor | undefined, expected: Tensor, tolerance = 1e-5): void {
  expect(difference(actual, fromTensor(expected), tolerance)).toBeUndefined();
}
