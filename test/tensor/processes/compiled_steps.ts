/**
 * Runs compiled steps in this process, or in worker threads.
 *
 * `compile`: compiles one step, and prints its result and the seconds it took.
 * `workers N`: N worker threads run steps; each is terminated in the middle of its life. Prints how many ran.
 * `exit`: ends by process.exit() while a session and its threads are alive.
 */
import { once } from "node:events";
import { isMainThread, parentPort } from "node:worker_threads";
import { makeCompiledBackend } from "../../../src/tensor/backends/c/compiled_backend.ts";
import { compile, ops, spec, Tensor } from "../../../src/tensor/index.ts";
import { startWorker } from "../../../src/utils/threads/start_worker.ts";
import { countingTasks, doubling } from "../handwritten_steps.ts";

const SIZE = 64;
const [, , command = "", argument = ""] = process.argv;

async function compileOne(): Promise<void> {
  const options = { threads: 2, backend: makeCompiledBackend(doubling) };
  const program = compile(({ inputs: { x } }) => ({ outputs: ops.tanh(x) }), { inputs: { x: spec([2]) } }, options);
  const begin = performance.now();
  const y = await program.run({ x: Tensor.of([2], [1, 2]) });
  process.stdout.write(`${[...y.data]} ${((performance.now() - begin) / 1000).toFixed(3)}\n`);
  await program.dispose();
}

const counting = () =>
  compile(
    ({ inputs: { x } }) => ({ outputs: ops.exp(x) }),
    { inputs: { x: spec([SIZE]) } },
    { threads: 3, backend: makeCompiledBackend(countingTasks(200)) },
  );

/** Runs until the thread is terminated. */
async function runForEver(): Promise<void> {
  const program = counting();
  for (let runs = 0; ; runs++) {
    const { data } = await program.run({ x: Tensor.zeros([SIZE]) });
    if (!data.every((count) => count === 200)) throw new Error(`a task ran ${data} times`);
    if (runs === 20) parentPort!.postMessage("running");
  }
}

async function runWorkers(count: number): Promise<void> {
  const program = counting();
  await program.load();
  let ran = 0;
  const life = async (i: number) => {
    const worker = startWorker("compiled_steps", import.meta.url);
    await once(worker, "message");
    await new Promise((resolve) => setTimeout(resolve, i * 7));
    await worker.terminate();
    ran += 1;
  };
  for (let round = 0; round < 3; round++) await Promise.all(Array.from({ length: count }, (_, i) => life(i)));
  // What the threads have closed still works here.
  await program.run({ x: Tensor.zeros([SIZE]) });
  await program.dispose();
  process.stdout.write(`${ran}\n`);
}

if (!isMainThread) await runForEver();
else if (command === "compile") await compileOne();
else if (command === "workers") await runWorkers(Number(argument));
else if (command === "exit") {
  await counting().run({ x: Tensor.zeros([SIZE]) });
  process.stdout.write("running\n");
  process.exit(0);
}
