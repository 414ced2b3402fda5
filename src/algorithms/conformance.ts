/**
 * Conformance tests of an algorithm: what trainer, actors and checkpoints rely on. Any implementation can run them. The
 * test runner is passed in as two functions (`describe` and `it` of vitest, jest or node:test), so that the package depends
 * on none.
 */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Policy, PolicyConfig } from "../policies/policy.ts";
import { makePolicy, policyActions } from "../policies/registry.ts";
import { Random } from "../tensor/random.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import type { BatchIterator, RLAlgorithm, TrainingBatch } from "./algorithm.ts";
import type { DataSpec } from "./data_spec.ts";
import { fromPretrained, savePretrained } from "./pretrained.ts";
import type { TrainingStats } from "./training_stats.ts";
import { WeightAverage } from "./weight_average.ts";

/** The implementation under test. */
export interface AlgorithmSubject<P extends Policy = Policy> {
  /** Config of a small policy of a registered type; the suite generates random batches of its features. */
  readonly policy: P["config"];
  /** Creates an algorithm from the policy's weights. Its config's `type` must be registered. */
  create(policy: P, options: { readonly random: Random; readonly weightAverage?: number }): RLAlgorithm;
}

const BATCH_SIZE = 8;
const UPDATES = 5;
/** Odd, to stop between events that happen every second update. */
const SAVED_AFTER = 3;
const DECAY = 0.2;

/** Batches that match a data spec. Counts the pulled batches; equal seeds give equal batches. */
export class RandomBatches implements BatchIterator {
  pulled = 0;
  readonly #config: PolicyConfig;
  readonly #random: Random;
  readonly #spec: DataSpec;

  constructor(config: PolicyConfig, seed: number, spec: DataSpec = {}) {
    this.#config = config;
    this.#spec = spec;
    this.#random = new Random(seed);
  }

  next(): TrainingBatch {
    this.pulled += 1;
    const { input_features } = this.#config;
    const { continuous, discrete: discreteActions, length: width } = policyActions(this.#config);
    const random = this.#random;
    const filled = (shape: readonly number[], draw: () => number) => {
      const tensor = Tensor.zeros(shape);
      for (let i = 0; i < tensor.size; i++) tensor.data[i] = draw();
      return tensor;
    };
    const { horizon = 1, observationSteps = 1, nextObservation = true, nStep, returns, columns = [] } = this.#spec;
    const [chunk, history] = [horizon, observationSteps].map((steps) => (steps > 1 ? [steps] : [])) as [
      number[],
      number[],
    ];
    const observe = () =>
      Object.fromEntries(
        Object.entries(input_features).map(([key, { shape }]) => {
          return [key, filled([BATCH_SIZE, ...history, ...shape], () => random.normal())];
        }),
      );
    let element = 0;
    const extra = (name: string) => [name, filled([BATCH_SIZE], () => random.normal())];
    const asked = Object.fromEntries(columns.map(extra)) as TensorRecord;
    return {
      size: BATCH_SIZE,
      observation: observe(),
      nextObservation: nextObservation ? observe() : {},
      action: filled([BATCH_SIZE, ...chunk, width], () => {
        return element++ % width < continuous ? random.uniform(-1, 1) : random.integer(discreteActions!);
      }),
      reward: filled([BATCH_SIZE], () => random.normal()),
      done: filled([BATCH_SIZE], () => (random.uniform() < 0.2 ? 1 : 0)),
      truncated: Tensor.zeros([BATCH_SIZE]),
      complementaryInfo: {
        ...asked,
        ...(discreteActions !== null && { discrete_penalty: filled([BATCH_SIZE], () => -random.uniform()) }),
      },
      ...(horizon > 1 && { actionIsPad: Tensor.zeros([BATCH_SIZE, horizon]) }),
      ...(returns && { returns: filled([BATCH_SIZE], () => random.normal()) }),
      ...(nStep && { bootstrapDiscount: filled([BATCH_SIZE], () => nStep.discount ** nStep.steps) }),
    };
  }
}

/** Copies of all numbers in an algorithm's state. */
function everything(algorithm: RLAlgorithm) {
  const { optimizers, optimizationStep, random } = algorithm.trainingState();
  const numbers = (tensors: TensorRecord) =>
    Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, data.slice()]));
  return {
    weights: numbers(algorithm.weights()),
    state: numbers(algorithm.stateDict()),
    optimizers: numbers(optimizers),
    optimizationStep,
    random: [...random],
  };
}

/** Tensors damaged in each way that must be refused, with the name the error must give. */
function spoiled(tensors: TensorRecord): { readonly name: string; readonly tensors: TensorRecord }[] {
  const unexpected = { name: "no_such_tensor", tensors: { ...tensors, no_such_tensor: Tensor.zeros([2]) } };
  const [name] = Object.keys(tensors).slice(-1);
  if (name === undefined) return [unexpected];
  const { [name]: tensor, ...others } = tensors;
  return [
    unexpected,
    { name, tensors: others },
    { name, tensors: { ...tensors, [name]: Tensor.zeros([...tensor!.shape, 2]) } },
  ];
}

/**
 * Runs the suite.
 *
 * @example
 * import { describe, it } from "vitest";
 * const create = (policy, options) => new MyAlgorithm(myConfig, policy, options);
 * describeAlgorithm("MyAlgorithm", { policy: policyConfig, create }, { describe, it });
 */
export function describeAlgorithm<P extends Policy>(
  name: string,
  subject: AlgorithmSubject<P>,
  { describe, it }: TestFunctions,
): void {
  const newPolicy = async () => (await makePolicy(subject.policy, { random: new Random(1), warn: () => {} })) as P;
  const create = async (seed = 7, average: { readonly weightAverage?: number } = {}) => {
    const algorithm = subject.create(await newPolicy(), { random: new Random(seed), ...average });
    spec = algorithm.dataSpec;
    return algorithm;
  };
  /** The algorithm's data spec; known once one was created. */
  let spec: DataSpec | undefined;
  const batches = (seed = 3) => new RandomBatches(subject.policy, seed, spec);
  /** A test with its own algorithm, disposed of afterwards. */
  const itWith = (what: string, body: (algorithm: RLAlgorithm) => Promise<void>) => {
    it(what, async () => {
      const algorithm = await create();
      await body(algorithm).finally(() => algorithm.dispose());
    });
  };
  const updateTimes = async (algorithm: RLAlgorithm, count: number, from: BatchIterator): Promise<TrainingStats[]> => {
    const stats: TrainingStats[] = [];
    for (let i = 0; i < count; i++) stats.push(await algorithm.update(from));
    return stats;
  };

  describe(`${name} as an algorithm`, () => {
    itWith(
      "pulls exactly the batches it announces, counts its updates and reports finite numbers",
      async (algorithm) => {
        const source = batches();
        for (let update = 1; update <= UPDATES; update++) {
          const stats = await algorithm.update(source);
          assert.equal(source.pulled, update * algorithm.batchesPerUpdate, "batches pulled");
          assert.equal(algorithm.optimizationStep, update, "optimizationStep");
          assert.ok(Object.keys(stats.losses).length > 0, "an update reports at least one loss");
          const parts = [stats.losses, stats.gradNorms, stats.extra].map((part) => Object.keys(part).length);
          const logged = Object.entries(stats.toLogDict());
          assert.equal(
            logged.length,
            parts.reduce((sum, count) => sum + count, 0),
            "two statistics share one name in the log",
          );
          for (const [metric, value] of logged) {
            assert.match(metric, /^[a-z][a-z0-9_]*$/);
            assert.ok(Number.isFinite(value), `${metric} is ${value} in update ${update}`);
          }
        }
      },
    );

    itWith("learns the same bit for bit from the same seed and batches", async (algorithm) => {
      const other = await create();
      await updateTimes(algorithm, UPDATES, batches());
      await updateTimes(other, UPDATES, batches());
      assert.deepEqual(everything(other), everything(algorithm));
      await other.dispose();
    });

    itWith("continues bit for bit in a new instance restored from saved state", async (algorithm) => {
      const source = batches();
      await updateTimes(algorithm, SAVED_AFTER, source);
      const [weights, state, training] = [algorithm.weights(), algorithm.stateDict(), algorithm.trainingState()];
      const sourceAgain = batches();
      for (let i = 0; i < source.pulled; i++) sourceAgain.next();
      await updateTimes(algorithm, UPDATES - SAVED_AFTER, source);

      const restored = await create(99);
      restored.loadWeights(weights);
      restored.loadStateDict(state);
      restored.loadTrainingState(training);
      assert.equal(restored.optimizationStep, SAVED_AFTER);
      await updateTimes(restored, UPDATES - SAVED_AFTER, sourceAgain);
      assert.deepEqual(everything(restored), everything(algorithm));
      await restored.dispose();
    });

    itWith("returns copies: later updates do not change earlier results", async (algorithm) => {
      const read = [algorithm.weights(), algorithm.stateDict(), algorithm.trainingState().optimizers];
      const before = structuredClone(read.map((tensors) => Object.values(tensors).map(({ data }) => data)));
      await updateTimes(algorithm, 2, batches());
      assert.deepEqual(
        read.map((tensors) => Object.values(tensors).map(({ data }) => data)),
        before,
      );
    });

    itWith("refuses missing, unexpected and misshapen tensors by name and changes nothing", async (algorithm) => {
      await updateTimes(algorithm, 1, batches());
      const before = everything(algorithm);
      const training = algorithm.trainingState();
      const loads: [TensorRecord, (tensors: TensorRecord) => void][] = [
        [algorithm.weights(), (tensors) => algorithm.loadWeights(tensors)],
        [algorithm.stateDict(), (tensors) => algorithm.loadStateDict(tensors)],
        [training.optimizers, (optimizers) => algorithm.loadTrainingState({ ...training, optimizers })],
      ];
      for (const [tensors, load] of loads) {
        for (const { name, tensors: bad } of spoiled(tensors)) {
          assert.throws(
            () => load(bad),
            (error) => error instanceof Error && error.message.includes(name),
            `${name} should be refused and named`,
          );
        }
      }
      assert.deepEqual(everything(algorithm), before);
    });

    itWith("names the feature that a batch lacks and learns nothing from that batch", async (algorithm) => {
      await updateTimes(algorithm, 1, batches());
      const before = everything(algorithm);
      const key = Object.keys(subject.policy.input_features)[0]!;
      const { [key]: _, ...others } = batches().next().observation;
      const incomplete = { ...batches().next(), observation: others };
      await assert.rejects(
        async () => algorithm.update({ next: () => incomplete }),
        (error) => error instanceof Error && error.message.includes(key),
      );
      assert.deepEqual(everything(algorithm), before);
    });

    itWith("is restored from disk with its config and trained state", async (algorithm) => {
      const folder = await mkdtemp(join(tmpdir(), "handrail-algorithm-"));
      try {
        await updateTimes(algorithm, 2, batches());
        await savePretrained(algorithm, folder);
        const policy = await newPolicy();
        policy.loadWeights(algorithm.weights());
        const restored = await fromPretrained(folder, policy, { random: new Random(99) });
        assert.deepEqual(restored.config, algorithm.config);
        const [actual, expected] = [everything(restored), everything(algorithm)];
        assert.deepEqual([actual.weights, actual.state], [expected.weights, expected.state]);
        await restored.dispose();
      } finally {
        await rm(folder, { recursive: true });
      }
    });

    itWith("returns weights that a policy can load, and that change its actions", async (algorithm) => {
      const policy = await newPolicy();
      const { observation } = batches(4).next();
      const before = await policy.act(observation, { deterministic: true });
      await updateTimes(algorithm, 2, batches());
      policy.loadWeights(algorithm.weights());
      const after = await policy.act(observation, { deterministic: true });
      assert.notDeepEqual(after.data, before.data);
      assert.deepEqual(Object.keys(policy.weights()).sort(), Object.keys(algorithm.weights()).sort());
      await policy.dispose();
    });

    itWith("learns the same with an average of its weights, and keeps the right one if any", async (plain) => {
      const averaging = await create(7, { weightAverage: DECAY });
      try {
        const expected = new WeightAverage(DECAY, plain.weights());
        const [source, sourceAgain] = [batches(), batches()];
        for (let update = 1; update <= UPDATES; update++) {
          await plain.update(source);
          await averaging.update(sourceAgain);
          expected.add(plain.weights(), update);
        }
        assert.deepEqual(everything(averaging), everything(plain));
        const kept = averaging.averagedWeights?.();
        if (kept === undefined) return;
        const wanted = expected.weights();
        assert.deepEqual(Object.keys(kept).sort(), Object.keys(wanted).sort());
        for (const [name, { data }] of Object.entries(wanted)) {
          const actual = kept[name]!.data as Float32Array;
          const isClose = (value: number, i: number) => Math.abs(value - actual[i]!) <= 1e-5 * (1 + Math.abs(value));
          assert.ok((data as Float32Array).every(isClose), `the average of ${name}`);
        }
      } finally {
        await averaging.dispose();
      }
    });

    it("reverts the average that it keeps with an update, and continues it bit for bit when it is restored", async () => {
      const [algorithm, restored] = [
        await create(7, { weightAverage: DECAY }),
        await create(99, { weightAverage: DECAY }),
      ];
      try {
        await updateTimes(algorithm, SAVED_AFTER, batches());
        const average = algorithm.averagedWeights?.();
        if (average === undefined) return;
        if (algorithm.undoUpdate !== undefined) {
          const { random } = algorithm.trainingState();
          await updateTimes(algorithm, 1, batches(5));
          assert.notDeepEqual(algorithm.averagedWeights!(), average);
          assert.ok(algorithm.undoUpdate());
          assert.deepEqual(algorithm.averagedWeights!(), average);
          algorithm.loadTrainingState({ ...algorithm.trainingState(), random });
        }
        restored.loadWeights(algorithm.weights());
        restored.loadStateDict(algorithm.stateDict());
        restored.loadTrainingState(algorithm.trainingState());
        restored.loadAveragedWeights!(average);
        assert.deepEqual(restored.averagedWeights!(), average);
        for (const each of [algorithm, restored]) await updateTimes(each, 2, batches(6));
        assert.deepEqual(restored.averagedWeights!(), algorithm.averagedWeights!());
      } finally {
        await Promise.all([algorithm.dispose(), restored.dispose()]);
      }
    });

    it("refuses an update after dispose", async () => {
      const algorithm = await create();
      await updateTimes(algorithm, 1, batches());
      await algorithm.dispose();
      await assert.rejects(async () => algorithm.update(batches()), /disposed/);
    });
  });
}
