/** The smallest program: the cost of a `run()` alone. */
import { compile, spec, Tensor } from "../../../src/tensor/index.ts";
import type { Workload } from "../workload.ts";

export const nothing: Workload = {
  name: "run() overhead",
  sizes: "x + 1 for one number",
  create(options) {
    const program = compile(({ inputs: { x } }) => ({ outputs: x.add(1) }), { inputs: { x: spec([1]) } }, options);
    const x = Tensor.of([1], [1]);
    return { program, run: () => program.run({ x }) };
  },
};
