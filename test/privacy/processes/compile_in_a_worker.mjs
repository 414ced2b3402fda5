/**
 * Compiles and runs a program in a worker thread whose parent knows nothing of the library.
 * Argument: the worker's own environment as JSON.
 */
import { isMainThread, Worker } from "node:worker_threads";

if (isMainThread) new Worker(new URL(import.meta.url), { env: JSON.parse(process.argv[2]) });
else {
  const { register } = await import("tsx/esm/api");
  register();
  const { compile, spec, Tensor } = await import("../../../src/tensor/index.ts");
  const program = compile(({ inputs: { x } }) => ({ outputs: { y: x.mul(2) } }), { inputs: { x: spec([2]) } });
  const { y } = await program.run({ x: Tensor.of([2], [1, 2]) });
  console.log(String(y.data));
  await program.dispose();
}
