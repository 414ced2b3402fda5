/** Sends 100,000 hostile frames (or as many as the first argument says) to a gRPC learner and prints the outcome. */
import { GrpcTransport } from "../src/transport/index.ts";
import { fuzzLearner } from "../test/transport/fuzz_learner.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const frames = Number(process.argv[2] ?? 100_000);
let taken = 0;
const learner = await new GrpcTransport({ host: "127.0.0.1", port: 0, token: TOKEN }).createLearner({
  onTransitions: (batch) => {
    taken += batch.length;
  },
});
const port = Number(learner.address.split(":")[1]);
await fuzzLearner({ port, token: TOKEN, frames: frames / 10, seed: 1 });
const before = process.memoryUsage();
const start = performance.now();
const report = await fuzzLearner({ port, token: TOKEN, frames, seed: 2 });
const seconds = (performance.now() - start) / 1000;
const after = process.memoryUsage();
console.table(report.answers);
console.log(`${report.frames} frames in ${report.streams} streams, ${seconds.toFixed(1)} s`);
console.log(`accepted: ${taken}; refused without a reason: ${report.wrong.length}`, report.wrong.slice(0, 10));
for (const kind of ["heapUsed", "arrayBuffers", "rss"] as const) {
  console.log(`${kind} ${((after[kind] - before[kind]) / 1e6).toFixed(1)} MB more than before`);
}
await learner.close();
process.exitCode = taken === 0 && report.wrong.length === 0 ? 0 : 1;
