/** Compiles the rows of one operation into one program, runs it and compares values and gradients with the reference. */
import { grad } from "../../autodiff/grad.ts";
import type { Backend } from "../../backend.ts";
import { compile } from "../../compile.ts";
import { isFloat } from "../../dtype.ts";
import type { Expr } from "../../ir/expr.ts";
import { add, mul } from "../../ops/elementwise.ts";
import { sum } from "../../ops/reduce.ts";
import { Random } from "../../random.ts";
import { formatShape, sameShape } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { spec } from "../../trace.ts";
import { flattenTree, type Tree } from "../../tree.ts";
import { fromTensor, type NdArray } from "./ndarray.ts";
import type { Row } from "./row.ts";

/** Every value and gradient of the rows, named `0.value.0`, `0.gradient.0`, … */
export async function runRows(rows: readonly Row[], backend: Backend): Promise<Map<string, Tensor>> {
  const cases = rows.map((row) => ({ row, weights: expectedValues(row).map(lossWeights) }));
  const inputs = cases.map(({ row, weights }) => ({ inputs: row.inputs, weights }));
  const specs = inputs.map((each) => ({
    inputs: each.inputs.map(({ shape, dtype }) => spec(shape, dtype)),
    weights: each.weights.map(({ shape }) => spec(shape)),
  }));
  const step = ({ inputs }: { inputs: readonly { inputs: readonly Expr[]; weights: readonly Expr[] }[] }) => {
    const outputs = inputs.map((traced, i) => {
      const values = [cases[i]!.row.apply(...traced.inputs)].flat() as Expr[];
      const wanted = traced.inputs.filter(({ dtype }) => isFloat(dtype));
      const loss = weightedSum(values, traced.weights);
      const gradient = cases[i]!.row.gradient === "none" || loss === undefined ? [] : grad(loss, wanted);
      return { value: values, gradient };
    });
    return { outputs };
  };
  const program = compile(step as never, { inputs: specs }, { backend, threads: 1 }) as unknown as AnyProgram;
  try {
    return new Map(flattenTree(await program.run(inputs)));
  } finally {
    await program.dispose();
  }
}

interface AnyProgram {
  run(inputs: unknown): Promise<Tree<Tensor>>;
  dispose(): Promise<void>;
}

/** @throws Error listing every value and gradient that differs from the reference. */
export async function checkRows(rows: readonly Row[], backend: Backend): Promise<void> {
  const actual = await runRows(rows, backend);
  const failures: string[] = [];
  for (const [index, row] of rows.entries()) {
    for (const [name, expected] of expectations(row)) {
      const problem = difference(actual.get(`${index}.${name}`), expected, row.tolerance ?? 1e-5);
      if (problem !== undefined) failures.push(`${row.title}: ${name} ${problem}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join("\n"));
}

/** Where two arrays differ by more than `tolerance · (1 + |expected|)`, in words. */
export function difference(actual: Tensor | undefined, expected: NdArray, tolerance: number): string | undefined {
  if (actual === undefined) return "is missing";
  if (!sameShape(actual.shape, expected.shape)) {
    return `has shape ${formatShape(actual.shape)}, expected ${formatShape(expected.shape)}`;
  }
  const { data } = fromTensor(actual);
  const at = expected.data.findIndex((value, i) => !isClose(data[i]!, value, tolerance));
  return at < 0
    ? undefined
    : `element ${at} of ${formatShape(actual.shape)} is ${data[at]}, expected ${expected.data[at]}`;
}

function isClose(actual: number, expected: number, tolerance: number): boolean {
  return Object.is(actual, expected) || Math.abs(actual - expected) <= tolerance * (1 + Math.abs(expected));
}

function expectedValues(row: Row): NdArray[] {
  return [row.reference(...row.inputs.map(fromTensor))].flat();
}

function* expectations(row: Row): Generator<[name: string, expected: NdArray]> {
  const values = expectedValues(row);
  for (const [i, value] of values.entries()) yield [`value.${i}`, value];
  if (row.gradient === "none") return;
  const floats = row.inputs.filter(({ dtype }) => isFloat(dtype));
  const given = row.gradient?.(values.map((value, i) => fromTensor(lossWeights(value, i))));
  for (const [i, input] of floats.entries()) {
    yield [`gradient.${i}`, given?.[i] ?? centralDifferences(row, input)];
  }
}

/** A random weight for every element of an output: a loss that depends on all of them, and on each differently. */
function lossWeights({ shape, data }: NdArray, index: number): Tensor {
  return Tensor.of(shape, new Random(1000 + index).fillUniform(new Float32Array(data.length), 0.5, 1.5));
}

function weightedSum(values: readonly Expr[], weights: readonly Expr[]): Expr | undefined {
  const terms = values.flatMap((value, i) => (isFloat(value.dtype) ? [sum(mul(value, weights[i]!))] : []));
  return terms.length === 0 ? undefined : terms.reduce((a, b) => add(a, b));
}

const STEP = 1e-5;

/** ∂loss/∂input, element by element, from the float64 reference: exact to about 1e-9. */
function centralDifferences(row: Row, input: Tensor): NdArray {
  const inputs = row.inputs.map(fromTensor);
  const perturbed = inputs[row.inputs.indexOf(input)]!;
  const loss = () => {
    const values = [row.reference(...inputs)].flat();
    return values.reduce((sum, value, i) => {
      const weights = lossWeights(value, i).data;
      return value.data.reduce((partial, element, at) => partial + element * Number(weights[at]), sum);
    }, 0);
  };
  const data = perturbed.data.map((value, at) => {
    perturbed.data[at] = value + STEP;
    const above = loss();
    perturbed.data[at] = value - STEP;
    const below = loss();
    perturbed.data[at] = value;
    return (above - below) / (2 * STEP);
  });
  return { shape: input.shape, data };
}
