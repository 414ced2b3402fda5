import fc from "fast-check";
import { expect, test } from "vitest";
import type { NormalizationMapping, NormalizationMode, PolicyFeatures } from "../../config/schema/features.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { makeTransition } from "../transition.ts";
import { NormalizerProcessorStep, statsFromState, UnnormalizerProcessorStep } from "./normalize.ts";

const STATISTICS = {
  MEAN_STD: ["mean", "std"],
  MIN_MAX: ["min", "max"],
  QUANTILES: ["q01", "q99"],
  QUANTILE10: ["q10", "q90"],
};
const FEATURES: PolicyFeatures = {
  "observation.images.front": { type: "VISUAL", shape: [3, 2, 2] },
  "observation.state": { type: "STATE", shape: [3] },
  "observation.environment_state": { type: "ENV", shape: [2] },
  action: { type: "ACTION", shape: [2] },
};

/** Both steps for features that all have the same mode; `low` and `high` (mean and std) per channel or element. */
function steps(mode: NormalizationMode, low: number, high: number, features = FEATURES) {
  const names = mode === "IDENTITY" ? ["min", "max"] : STATISTICS[mode];
  const stats = Object.fromEntries(
    Object.entries(features).map(([key, { shape }]) => {
      const row = (value: number) => Array<number>(shape[0]!).fill(value);
      return [key, { [names[0]!]: row(low), [names[1]!]: row(high) }];
    }),
  );
  const normMap: NormalizationMapping = { VISUAL: mode, STATE: mode, ENV: mode, ACTION: mode };
  const options = { features, normMap, stats };
  return { normalizer: new NormalizerProcessorStep(options), unnormalizer: new UnnormalizerProcessorStep(options) };
}

function state(values: number[]): Tensor {
  return Tensor.of([values.length], values);
}

function normalizeState(mode: NormalizationMode, low: number, high: number, values: number[]): number[] {
  const features: PolicyFeatures = { "observation.state": { type: "STATE", shape: [values.length] } };
  const { normalizer } = steps(mode, low, high, features);
  const { observation } = normalizer.apply(makeTransition({ observation: { "observation.state": state(values) } }));
  return [...(observation!["observation.state"]!.data as Float32Array)];
}

test("the formulas: min-max and quantiles reach [−1, 1], mean-std has unit variance", () => {
  for (const mode of ["MIN_MAX", "QUANTILES", "QUANTILE10"] as const) {
    expect(normalizeState(mode, 10, 20, [10, 15, 20, 25])).toEqual([-1, 0, 1, 2]);
  }
  expect(normalizeState("MEAN_STD", 10, 2, [10, 12, 6])).toEqual([0, 1, -2]);
  expect(normalizeState("IDENTITY", 10, 20, [10, 15])).toEqual([10, 15]);
});

const modes = fc.constantFrom<NormalizationMode>("IDENTITY", "MEAN_STD", "MIN_MAX", "QUANTILES", "QUANTILE10");
const finite = (min: number, max: number) => fc.double({ min, max, noNaN: true });

test("unnormalising what was normalised gives the data back, for every mode and kind of feature", () => {
  const property = fc.property(
    modes,
    finite(-50, 50),
    finite(0.01, 100),
    fc.integer({ min: 1, max: 4 }),
    fc.infiniteStream(finite(0, 1)),
    (mode, low, spread, batch, units) => {
      const high = mode === "MEAN_STD" ? spread : low + spread;
      const { normalizer, unnormalizer } = steps(mode, low, high);
      const draw = (shape: readonly number[]) => {
        const size = batch * shape.reduce((a, b) => a * b, 1);
        return Tensor.of(
          [batch, ...shape],
          Float32Array.from({ length: size }, () => low + spread * units.next().value!),
        );
      };
      const { action: actionFeature, ...observationFeatures } = FEATURES;
      const observation = Object.fromEntries(
        Object.entries(observationFeatures).map(([key, { shape }]) => [key, draw(shape)]),
      );
      const before = makeTransition({ observation, action: draw(actionFeature!.shape) });
      const after = unnormalizer.apply(normalizer.apply(before));
      const tolerance = 1e-5 * (Math.abs(low) + spread);
      for (const [key, { shape, data }] of Object.entries({ ...observation, action: before.action! })) {
        const result = key === "action" ? after.action! : after.observation![key]!;
        expect(result.shape).toEqual(shape);
        for (const [i, value] of result.data.entries())
          expect(Math.abs(Number(value) - Number(data[i]))).toBeLessThan(tolerance);
      }
    },
  );
  fc.assert(property, { numRuns: 60 });
});

test("8-bit images become [0, 1] before anything else, in every mode", () => {
  const features: PolicyFeatures = { "observation.images.front": { type: "VISUAL", shape: [3, 1, 2] } };
  const bytes = new Tensor("uint8", [3, 1, 2], Uint8Array.of(0, 255, 51, 102, 153, 204));
  const floats = Tensor.of(
    [3, 1, 2],
    Float32Array.from(bytes.data, (byte) => byte / 255),
  );
  for (const mode of ["IDENTITY", "MEAN_STD", "MIN_MAX"] as const) {
    const { normalizer, unnormalizer } = steps(mode, 0.25, 0.5, features);
    const apply = (image: Tensor) =>
      normalizer.apply(makeTransition({ observation: { "observation.images.front": image } }));
    const fromBytes = apply(bytes).observation!["observation.images.front"]!;
    const fromFloats = apply(floats).observation!["observation.images.front"]!;
    fromBytes.data.forEach((value, i) => {
      expect(value).toBeCloseTo(Number(fromFloats.data[i]), 5);
    });
    const back = unnormalizer.apply(apply(bytes)).observation!["observation.images.front"]!;
    const restored = Uint8Array.from(back.data as Float32Array, (value) => Math.round(value * 255));
    expect(restored).toEqual(bytes.data);
  }
});

test("image statistics count per channel, flat or nested as datasets store them", () => {
  const features: PolicyFeatures = { image: { type: "VISUAL", shape: [3, 1, 2] } };
  const normMap = { VISUAL: "MEAN_STD" } as const;
  const image = Tensor.of([3, 1, 2], [1, 2, 3, 4, 5, 6]);
  const flat = { image: { mean: [1, 2, 3], std: [1, 2, 4] } };
  const nested = { image: { mean: [[[1]], [[2]], [[3]]], std: [[[1]], [[2]], [[4]]] } };
  for (const stats of [flat, nested]) {
    const step = new NormalizerProcessorStep({ features, normMap, stats });
    const { data } = step.apply(makeTransition({ observation: { image } })).observation!.image!;
    expect([...data]).toEqual([0, 1, 0.5, 1, 0.5, 0.75]);
  }
});

test("an element that never varied is neutral going in, whatever its noise, and keeps its value coming out", () => {
  const features: PolicyFeatures = { action: { type: "ACTION", shape: [2] } };
  const minMax = {
    features,
    normMap: { ACTION: "MIN_MAX" },
    stats: { action: { min: [5, -1], max: [5, 1] } },
  } as const;
  const forward = new NormalizerProcessorStep(minMax);
  const inverse = new UnnormalizerProcessorStep(minMax);
  expect([...forward.apply(makeTransition({ action: state([5.001, 1]) })).action!.data]).toEqual([-1, 1]);
  expect([...inverse.apply(makeTransition({ action: state([0.7, 1]) })).action!.data]).toEqual([5, 1]);
  expect(forward.constantElements).toEqual(["action[0]"]);

  const meanStd = {
    features,
    normMap: { ACTION: "MEAN_STD" },
    stats: { action: { mean: [5, 0], std: [0, 1] } },
  } as const;
  expect([
    ...new NormalizerProcessorStep(meanStd).apply(makeTransition({ action: state([5.1, 2]) })).action!.data,
  ]).toEqual([0, 2]);
  expect([
    ...new UnnormalizerProcessorStep(meanStd).apply(makeTransition({ action: state([0.7, 2]) })).action!.data,
  ]).toEqual([5, 2]);
});

test("the gripper command after the continuous action stays unchanged", () => {
  const features: PolicyFeatures = { action: { type: "ACTION", shape: [2] } };
  const { normalizer, unnormalizer } = steps("MIN_MAX", -0.025, 0.025, features);
  const action = Tensor.of([2, 3], [0.025, -0.025, 2, 0, 0.0125, 1]);
  const normalized = normalizer.apply(makeTransition({ action })).action!;
  expect([...normalized.data]).toEqual([1, -1, 2, 0, 0.5, 1]);
  expect([...unnormalizer.apply(makeTransition({ action: normalized })).action!.data]).toEqual([...action.data]);
});

test("a missing feature is named, with the existing ones", () => {
  const { normalizer } = steps("MIN_MAX", 0, 1, { "observation.state": { type: "STATE", shape: [2] } });
  const observation = { "observation.stat": state([1, 2]) };
  expect(() => normalizer.apply(makeTransition({ observation }))).toThrow(
    '"observation.state" is missing from the observation, which has: observation.stat. Did you mean "observation.stat"?',
  );
});

test("a feature of another shape is named", () => {
  const { normalizer } = steps("MIN_MAX", 0, 1, { "observation.state": { type: "STATE", shape: [2] } });
  const observation = { "observation.state": state([1, 2, 3]) };
  expect(() => normalizer.apply(makeTransition({ observation }))).toThrow(
    '"observation.state" has shape [3], expected [2] (or batches of it)',
  );
});

test("statistics that are missing or do not fit are found when the step is made", () => {
  const features: PolicyFeatures = { "observation.state": { type: "STATE", shape: [2] } };
  const normMap = { STATE: "MIN_MAX" } as const;
  const make = (stats: Record<string, Record<string, number[]>>) => () =>
    new NormalizerProcessorStep({ features, normMap, stats });
  expect(make({})).toThrow(
    '"observation.state" is to be normalised by MIN_MAX but has no statistics. Add "min" and "max"',
  );
  expect(make({ "observation.state": { mean: [0, 0], std: [1, 1] } })).toThrow("has only mean, std");
  expect(make({ "observation.state": { min: [0, 0, 0], max: [1, 1, 1] } })).toThrow(
    "shape [2] but statistics of length 3",
  );
  expect(make({ "observation.state": { min: [0, 0], max: [1] } })).toThrow('2 values of "min" but 1 of "max"');
});

test("only the chosen observations are normalised", () => {
  const options = {
    features: FEATURES,
    normMap: { STATE: "MIN_MAX", ENV: "MIN_MAX" },
    stats: { "observation.state": { min: [0, 0, 0], max: [2, 2, 2] } },
    normalizeObservationKeys: ["observation.state"],
  } as const;
  const step = new NormalizerProcessorStep(options);
  const observation = { "observation.state": state([0, 1, 2]), "observation.environment_state": state([7, 8]) };
  const result = step.apply(makeTransition({ observation })).observation!;
  expect([...result["observation.state"]!.data]).toEqual([-1, 0, 1]);
  expect(result["observation.environment_state"]).toBe(observation["observation.environment_state"]);
});

test("the input is not changed, and a missing side stays missing", () => {
  const { normalizer } = steps("MIN_MAX", 0, 1, { action: { type: "ACTION", shape: [2] } });
  const before = makeTransition({ action: state([0, 1]) });
  const after = normalizer.apply(before);
  expect([...before.action!.data]).toEqual([0, 1]);
  expect([...after.action!.data]).toEqual([-1, 1]);
  expect(after.observation).toBeNull();
});

test("statistics survive the state as float32, so a loaded policy acts the same to the bit", () => {
  const { normalizer } = steps("MIN_MAX", 0.1, 0.7);
  const loaded = new NormalizerProcessorStep({
    features: normalizer.features,
    normMap: normalizer.normMap,
    stats: statsFromState(normalizer.state()),
  });
  for (const key of Object.keys(FEATURES)) expect(loaded.normalization(key)).toEqual(normalizer.normalization(key));
});
