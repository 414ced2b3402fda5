import { expect, test } from "vitest";
import type { Observation } from "../envs/env.ts";
import { Pendulum } from "../envs/pendulum.ts";
import { type ProcessedEnv, withoutProcessing } from "../envs/processed_env.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import type { ProcessorStep } from "../processors/step.ts";
import { AddBatchDimensionProcessorStep, RenameObservationsProcessorStep } from "../processors/steps/basic_steps.ts";
import { GripperPenaltyProcessorStep } from "../processors/steps/gripper_penalty_step.ts";
import { GymHILAdapterProcessorStep } from "../processors/steps/gym_hil_adapter_step.ts";
import { InterventionActionProcessorStep } from "../processors/steps/intervention_step.ts";
import { TimeLimitProcessorStep } from "../processors/steps/time_limit_step.ts";
import { makeTransition } from "../processors/transition.ts";
import { NO_EVENTS } from "../teleoperators/teleoperator.ts";
import { Tensor } from "../tensor/tensor.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "./env_step.ts";
import { assertObservation, SensorFaultError } from "./sensor_fault.ts";

function pendulum(maxEpisodeSteps = 100): ProcessedEnv {
  const env = new Pendulum();
  const key = Object.keys(env.observationSpace)[0]!;
  return {
    ...withoutProcessing(env),
    actionProcessor: new DataProcessorPipeline({ name: "action", steps: [new InterventionActionProcessorStep()] }),
    envProcessor: new DataProcessorPipeline({
      name: "env",
      steps: [
        new GymHILAdapterProcessorStep(),
        ...(key === "observation.state" ? [] : [new RenameObservationsProcessorStep({ [key]: "observation.state" })]),
        new TimeLimitProcessorStep(maxEpisodeSteps),
        new AddBatchDimensionProcessorStep(),
      ],
    }),
  };
}

const torque = (value: number) => Tensor.of([1], [value]);

test("a step through the pipelines is the environment's own step", async () => {
  const processed = pendulum();
  const bare = new Pendulum();
  await resetAndBuildTransition(processed, { seed: 7 });
  await bare.reset({ seed: 7 });
  for (const value of [0.5, -1, 2]) {
    const result = await stepEnvAndProcessTransition(processed, { observation: null, action: torque(value) });
    const expected = await bare.step(Float32Array.of(value));
    const state = result.observation!["observation.state"]!;
    expect(state.shape).toEqual([1, 3]);
    expect(state.data).toEqual(Object.values(expected.observation)[0]);
    expect(result.reward).toBe(expected.reward);
    expect(result.complementaryData.is_intervention).toBe(0);
  }
});

test("the person's action is executed and reported, and the flag ends with the intervention", async () => {
  const processed = pendulum();
  const bare = new Pendulum();
  await resetAndBuildTransition(processed, { seed: 7 });
  await bare.reset({ seed: 7 });
  const teleoperation = { events: { ...NO_EVENTS, isIntervention: true }, action: torque(-2) };
  const during = await stepEnvAndProcessTransition(processed, { observation: null, action: torque(1), teleoperation });
  const expected = await bare.step(Float32Array.of(-2));
  expect(during.reward).toBe(expected.reward);
  expect([...during.action!.data]).toEqual([-2]);
  expect(during.complementaryData.is_intervention).toBe(1);
  const after = await stepEnvAndProcessTransition(processed, { observation: during.observation, action: torque(1) });
  expect(after.complementaryData.is_intervention).toBe(0);
});

test("the person's success is the reward and ends the episode", async () => {
  const processed = pendulum();
  await resetAndBuildTransition(processed, { seed: 7 });
  const teleoperation = { events: { ...NO_EVENTS, success: true }, action: null };
  const step = { observation: null, action: torque(0) };
  const judged = await stepEnvAndProcessTransition(processed, { ...step, teleoperation });
  expect(judged).toMatchObject({ reward: 1, terminated: true, truncated: false });
});

test("the time limit counts steps and not resets, and each episode has its own", async () => {
  const processed = pendulum(2);
  for (let episode = 0; episode < 2; episode++) {
    const first = await resetAndBuildTransition(processed, { seed: episode });
    const step = async () => stepEnvAndProcessTransition(processed, { observation: null, action: torque(0) });
    expect([first.truncated, (await step()).truncated, (await step()).truncated]).toEqual([false, false, true]);
  }
});

test("what is measured before the action reaches the steps and is stored", async () => {
  const steps = [new GripperPenaltyProcessorStep({ penalty: -0.05, maxGripperPosition: 2 })];
  const processed = {
    ...pendulum(),
    actionProcessor: new DataProcessorPipeline({ name: "action", steps }),
    measure: () => ({ gripper_position: 0.1 }),
  };
  await resetAndBuildTransition(processed, { seed: 7 });
  const { complementaryData } = await stepEnvAndProcessTransition(processed, { observation: null, action: torque(2) });
  expect(complementaryData).toMatchObject({ gripper_position: 0.1, discrete_penalty: -0.05 });
});

test("a step of a pipeline may take its time", async () => {
  const slow: ProcessorStep = {
    name: "slow",
    apply: async (transition) => ({ ...transition, reward: transition.reward + 1 }),
    transformFeatures: (features) => features,
    config: () => ({}),
  };
  const processed = { ...pendulum(), envProcessor: new DataProcessorPipeline({ name: "env", steps: [slow, slow] }) };
  const bare = pendulum();
  for (const each of [processed, bare]) await resetAndBuildTransition(each, { seed: 7 });
  const step = { observation: null, action: torque(0) };
  const [{ reward }, expected] = [
    await stepEnvAndProcessTransition(processed, step),
    await stepEnvAndProcessTransition(bare, step),
  ];
  expect(reward).toBe(expected.reward + 2);
  expect(() => processed.envProcessor.apply(makeTransition({}))).toThrow("slow): is asynchronous: call process()");
});

/** A pendulum whose sensor reports this. */
function broken(observation: Observation): ProcessedEnv {
  const processed = pendulum();
  const step = processed.env.step.bind(processed.env);
  processed.env.step = async (action) => ({ ...(await step(action)), observation });
  return processed;
}

test.each<[string, Observation]>([
  ["observation.state[1] is NaN", { "observation.state": Float32Array.of(1, Number.NaN, 0) }],
  ["observation.state[2] is Infinity", { "observation.state": Float32Array.of(1, 0, Number.POSITIVE_INFINITY) }],
  ["observation.state is missing", {}],
  ["observation.state has 2 numbers, 3 are declared ([3])", { "observation.state": Float32Array.of(1, 0) }],
  ["observation.state is no Float32Array", { "observation.state": Uint8Array.of(1, 0, 0) }],
])("a broken sensor is named where its numbers enter: %s", async (what, observation) => {
  const processed = broken(observation);
  await resetAndBuildTransition(processed, { seed: 7 });
  const step = stepEnvAndProcessTransition(processed, { observation: null, action: torque(0) });
  await expect(step).rejects.toThrow(new SensorFaultError("Pendulum-v1", [what]));
});

test("the elements of a broken sensor have the names that the environment gives them", () => {
  const space = {
    joints: { type: "box", dtype: "float32", shape: [2], low: -1, high: 1, names: ["hip", "knee"] },
  } as const;
  expect(() => assertObservation("Leg-v0", { joints: Float32Array.of(0, Number.NaN) }, space)).toThrow(
    "Leg-v0: a sensor is broken: joints[1] (knee) is NaN",
  );
});
