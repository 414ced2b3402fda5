/** Square matrix products: the machine's own sgemm rate, the reference of every other figure. */
import { compile, nn, Random, spec } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

export function matmul(size: number): Workload {
  return {
    name: "sgemm",
    sizes: `${size}×${size}`,
    create(options) {
      const random = new Random(0);
      const program = compile(
        ({ inputs: { a, b } }) => ({ outputs: a.matmul(b) }),
        { inputs: { a: spec([size, size]), b: spec([size, size]) } },
        options,
      );
      const draw = () => nn.init.normal(1)(random, [size, size]);
      const inputs = { a: draw(), b: draw() };
      return { program, run: () => program.run(inputs) };
    },
  };
}
