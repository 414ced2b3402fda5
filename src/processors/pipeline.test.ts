import { expect, test } from "vitest";
import { Tensor } from "../tensor/tensor.ts";
import { DataProcessorPipeline } from "./pipeline.ts";
import { FeatureError, ProcessorError, type ProcessorStep } from "./step.ts";
import { AddBatchDimensionProcessorStep, RenameObservationsProcessorStep } from "./steps/basic_steps.ts";
import { NormalizerProcessorStep } from "./steps/normalize.ts";
import { makeTransition } from "./transition.ts";

const STATE = { type: "STATE", shape: [2] } as const;

function normalizer(): NormalizerProcessorStep {
  return new NormalizerProcessorStep({
    features: { "observation.state": STATE },
    normMap: { STATE: "MIN_MAX" },
    stats: { "observation.state": { min: [0, 0], max: [1, 1] } },
  });
}

test("steps run in order and features are carried along", () => {
  const pipeline = new DataProcessorPipeline({
    name: "policy_preprocessor",
    steps: [
      new RenameObservationsProcessorStep({ agent_pos: "observation.state" }),
      new AddBatchDimensionProcessorStep(),
      normalizer(),
    ],
    inputFeatures: { observation: { agent_pos: STATE }, action: {} },
  });
  expect(pipeline.outputFeatures).toEqual({ observation: { "observation.state": STATE }, action: {} });
  const result = pipeline.apply(makeTransition({ observation: { agent_pos: Tensor.of([2], [0, 1]) } }));
  const tensor = result.observation!["observation.state"]!;
  expect(tensor.shape).toEqual([1, 2]);
  expect([...tensor.data]).toEqual([-1, 1]);
});

test("what does not fit is found when the pipeline is built, by step and feature", () => {
  const build = () =>
    new DataProcessorPipeline({
      name: "policy_preprocessor",
      steps: [new AddBatchDimensionProcessorStep(), normalizer()],
      inputFeatures: { observation: { "observation.state": { type: "STATE", shape: [3] } }, action: {} },
    });
  expect(build).toThrow(ProcessorError);
  expect(build).toThrow(
    'policy_preprocessor, step 1 (normalizer_processor): "observation.state" has shape [3], expected [2] (or batches of it)',
  );
});

test("an error while running names the pipeline, the step and the feature", () => {
  const pipeline = new DataProcessorPipeline({ name: "policy_preprocessor", steps: [normalizer()] });
  let caught: unknown;
  try {
    pipeline.apply(makeTransition({ observation: {} }));
  } catch (error) {
    caught = error;
  }
  expect(caught).toMatchObject({
    pipeline: "policy_preprocessor",
    step: "normalizer_processor",
    feature: "observation.state",
  });
  expect((caught as ProcessorError).cause).toBeInstanceOf(FeatureError);
});

test("renaming a missing observation, or onto an existing name, is refused", () => {
  const rename = (map: Record<string, string>, ...keys: string[]) => {
    const observation = Object.fromEntries(keys.map((key) => [key, STATE]));
    return () => new RenameObservationsProcessorStep(map).transformFeatures({ observation, action: {} });
  };
  expect(rename({ a: "b" }, "c")).toThrow('"a" is missing from what comes in, which has: c');
  expect(rename({ a: "b" }, "a", "b")).toThrow('"b" would exist twice after renaming');
  expect(rename({ a: "b", b: "a" }, "a", "b")()).toEqual({ observation: { b: STATE, a: STATE }, action: {} });
});

test("reset reaches the steps that remember something", () => {
  let resets = 0;
  const step: ProcessorStep = {
    name: "counter",
    apply: (transition) => transition,
    transformFeatures: (features) => features,
    config: () => ({}),
    reset: () => {
      resets += 1;
    },
  };
  new DataProcessorPipeline({ name: "p", steps: [step, new AddBatchDimensionProcessorStep(), step] }).reset();
  expect(resets).toBe(2);
});

test("further steps go to the ends of a pipeline and are checked with it", () => {
  const pipeline = new DataProcessorPipeline({
    name: "env_processor",
    steps: [new RenameObservationsProcessorStep({ agent_pos: "observation.state" })],
    inputFeatures: { observation: { agent_pos: STATE }, action: {} },
  });
  expect(pipeline.withSteps({})).toBe(pipeline);
  const first = new RenameObservationsProcessorStep();
  const last = normalizer();
  const longer = pipeline.withSteps({ first: [first], last: [last] });
  expect([longer.name, longer.outputFeatures]).toEqual(["env_processor", pipeline.outputFeatures]);
  expect(longer.steps).toEqual([first, ...pipeline.steps, last]);
  expect(() => pipeline.withSteps({ first: [last] })).toThrow("env_processor, step 0 (normalizer_processor)");
});

test("closing a pipeline frees what its steps hold", async () => {
  const closed: string[] = [];
  const holding = (name: string): ProcessorStep => ({
    ...{ name, apply: (transition) => transition, transformFeatures: (features) => features, config: () => ({}) },
    close: async () => void closed.push(name),
  });
  await new DataProcessorPipeline({ name: "any", steps: [holding("a"), normalizer(), holding("b")] }).close();
  expect(closed).toEqual(["a", "b"]);
});
