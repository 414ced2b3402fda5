/** Trains a small network and prints a digest of the result's bits; run in this process and in others. */
import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { compile, grad, ops, Random, State, Tensor } from "../../../src/tensor/index.ts";

export async function trainDigest(seed: number): Promise<string> {
  const initial = new Random(seed);
  const weights = (shape: readonly number[]) =>
    Tensor.of(shape, initial.fillNormal(new Float32Array(shape[0]! * shape[1]!), 0, 0.3));
  const state = new State({ first: weights([32, 8]), second: weights([1, 32]) });
  const program = compile(
    ({ state, random }) => {
      const x = random.normal([64, 8]);
      const prediction = ops.linear(ops.silu(ops.linear(x, state.first)), state.second);
      const loss = prediction
        .sub(x.sum({ axis: 1, keepDims: true }).tanh())
        .square()
        .mean();
      const gradients = grad(loss, state);
      return {
        outputs: { loss },
        state: {
          first: state.first.sub(gradients.first.mul(0.1)),
          second: state.second.sub(gradients.second.mul(0.1)),
        },
      };
    },
    { inputs: {}, state, random: new Random(seed + 1) },
    { threads: 2 },
  );
  const hash = createHash("sha256");
  for (let step = 0; step < 50; step++) hash.update((await program.run({})).loss.data);
  const { first, second } = state.read();
  await program.dispose();
  return hash.update(first.data).update(second.data).digest("hex");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(await trainDigest(Number(process.argv[2])));
