/** Single steps on the C backend. */
import { type Backend, compile, type Expr, spec, type Tensor } from "../../src/tensor/index.ts";

/** What a step computes from its inputs: the elements of each output, as numbers. */
export async function compute(
  backend: Backend,
  step: (...inputs: Expr[]) => readonly Expr[],
  inputs: readonly Tensor[],
  threads = 1,
): Promise<number[][]> {
  const program = compile(
    ({ inputs }) => ({ outputs: [...step(...(inputs as Expr[]))] }),
    { inputs: inputs.map(({ shape, dtype }) => spec(shape, dtype)) },
    { backend, threads },
  );
  try {
    const outputs = (await program.run([...inputs])) as readonly Tensor[];
    return outputs.map(({ data }) => Array.from(data, Number));
  } finally {
    await program.dispose();
  }
}
