/** What one backend trained, another one goes on with. */
import { expect, it } from "vitest";
import type { BatchIterator, RLAlgorithm } from "../../src/algorithms/algorithm.ts";
import { Random, Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { STATE, smallSac } from "./small.ts";

const BATCH = 32;

/** The same batches for everyone who starts with the same seed. */
function batches(seed: number): BatchIterator {
  const random = new Random(seed);
  const rows = (columns: number) =>
    Tensor.of([BATCH, columns], random.fillUniform(new Float32Array(BATCH * columns), -1, 1));
  const column = () => Tensor.of([BATCH], random.fillUniform(new Float32Array(BATCH), 0, 1));
  return {
    next: async () => ({
      size: BATCH,
      observation: { [STATE]: rows(3) },
      nextObservation: { [STATE]: rows(3) },
      action: rows(2),
      reward: column(),
      done: Tensor.zeros([BATCH]),
      truncated: Tensor.zeros([BATCH]),
      complementaryInfo: {},
    }),
  };
}

async function train(algorithm: RLAlgorithm, updates: number, seed: number): Promise<void> {
  const iterator = batches(seed);
  for (let i = 0; i < updates; i++) await algorithm.update(iterator);
}

/** What a checkpoint holds. */
function saved(algorithm: RLAlgorithm) {
  return {
    weights: algorithm.weights(),
    state: algorithm.stateDict(),
    training: algorithm.trainingState(),
    average: algorithm.averagedWeights!()!,
  };
}

function restore(algorithm: RLAlgorithm, { weights, state, training, average }: ReturnType<typeof saved>): void {
  algorithm.loadWeights(weights);
  algorithm.loadStateDict(state);
  algorithm.loadTrainingState(training);
  algorithm.loadAveragedWeights!(average);
}

/** The distance of all weights, relative to their length. */
function distance(a: TensorRecord, b: TensorRecord): number {
  let [difference, length] = [0, 0];
  for (const [name, { data }] of Object.entries(a)) {
    for (const [i, value] of (data as Float32Array).entries()) {
      difference += (value - Number(b[name]!.data[i])) ** 2;
      length += value ** 2;
    }
  }
  return Math.sqrt(difference / length);
}

it.each([
  ["c", "onnx"],
  ["onnx", "c"],
] as const)(
  "a run saved with %s goes on with %s: weights, average and optimisers agree to 1e-5",
  async (first, second) => {
    const options = { weightAverage: 0.9, random: new Random(5) };
    const beginning = smallSac({}, { ...options, engine: first });
    await train(beginning, 10, 1);
    const checkpoint = saved(beginning);
    const resumed = await Promise.all(
      [first, second].map(async (engine) => {
        const algorithm = smallSac({}, { ...options, random: new Random(6), engine });
        restore(algorithm, checkpoint);
        await train(algorithm, 10, 2);
        return algorithm;
      }),
    );
    const [same, other] = resumed.map(saved);
    expect(distance(same!.weights, beginning.weights())).toBeGreaterThan(1e-3);
    expect(distance(same!.weights, other!.weights)).toBeLessThan(1e-5);
    expect(distance(same!.average, other!.average)).toBeLessThan(1e-5);
    expect(distance(same!.training.optimizers, other!.training.optimizers)).toBeLessThan(1e-5);
    await Promise.all([beginning, ...resumed].map((algorithm) => algorithm.dispose()));
  },
);
