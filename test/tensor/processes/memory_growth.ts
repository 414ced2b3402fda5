/** Prints the growth of the process in bytes over 2000 runs of a program that carries 800 kB of state. */
import { setTimeout } from "node:timers/promises";
import { compile, Random, State, spec, Tensor } from "../../../src/tensor/index.ts";

const state = new State({ weights: Tensor.zeros([200_000]) });
const program = compile(
  ({ inputs: { x }, state: { weights }, random }) => ({
    outputs: { sum: weights.sum(), x: x.mul(2) },
    state: { weights: weights.add(x.sum()).add(random.normal([1])) },
  }),
  { inputs: { x: spec([10_000]) }, state, random: new Random(1) },
);

async function residentBytesAfter(runs: number): Promise<number> {
  for (let i = 0; i < runs; i++) await program.run({ x: Tensor.zeros([10_000]) });
  // The memory of collected arrays is released a little later.
  globalThis.gc!();
  await setTimeout(100);
  globalThis.gc!();
  return process.memoryUsage().rss;
}

const before = await residentBytesAfter(500);
console.log((await residentBytesAfter(2000)) - before);
await program.dispose();
