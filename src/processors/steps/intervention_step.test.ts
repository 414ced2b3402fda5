import { expect, test } from "vitest";
import { Tensor } from "../../tensor/tensor.ts";
import { NO_SIGNALS } from "../episode_signals.ts";
import { NO_EVENTS, type TeleopEvents } from "../teleop_events.ts";
import { makeTransition, type ProcessorTransition } from "../transition.ts";
import { GymHILAdapterProcessorStep } from "./gym_hil_adapter_step.ts";
import { InterventionActionProcessorStep } from "./intervention_step.ts";

const POLICY_ACTION = Tensor.of([4], [0.1, 0.2, 0.3, 1]);
const PERSONS_ACTION = Tensor.of([4], [1, 0, -1, 2]);

function intervene(events: Partial<TeleopEvents>, parts: Partial<ProcessorTransition> = {}): ProcessorTransition {
  const teleoperation = { events: { ...NO_EVENTS, ...events }, action: PERSONS_ACTION };
  return new InterventionActionProcessorStep().apply(
    makeTransition({ action: POLICY_ACTION, teleoperation, ...parts }),
  );
}

test("the policy's action passes when no person intervenes", () => {
  const result = intervene({});
  expect(result.action).toBe(POLICY_ACTION);
  expect(result.complementaryData).toEqual({ is_intervention: 0, teleop_action: POLICY_ACTION });
  expect(result).toMatchObject({ reward: 0, terminated: false });
});

test("the person's action is executed, marked and kept while they intervene", () => {
  const result = intervene({ isIntervention: true });
  expect([...result.action!.data]).toEqual([1, 0, -1, 2]);
  expect(result.complementaryData.is_intervention).toBe(1);
  expect(result.complementaryData.teleop_action).toEqual(result.action);
});

test.each<[string, Partial<TeleopEvents>, Partial<ProcessorTransition>]>([
  ["the person", { isIntervention: true }, {}],
  ["an earlier step", {}, { signals: { ...NO_SIGNALS, isIntervention: true } }],
])("an intervention that %s reports is never overwritten", (_, events, parts) => {
  const first = intervene(events, parts);
  const last = new GymHILAdapterProcessorStep().apply(first);
  expect(first.complementaryData.is_intervention).toBe(1);
  expect(last.signals.isIntervention).toBe(true);
});

test("success is a reward of 1 and ends the episode unless terminate_on_success is off", () => {
  expect(intervene({ success: true })).toMatchObject({ reward: 1, terminated: true, signals: { success: true } });
  const teleoperation = { events: { ...NO_EVENTS, success: true }, action: null };
  const goOn = new InterventionActionProcessorStep({ terminateOnSuccess: false });
  const result = goOn.apply(makeTransition({ action: POLICY_ACTION, teleoperation }));
  expect(result).toMatchObject({ reward: 1, terminated: false });
});

test.each<[Partial<TeleopEvents>, object]>([
  [{ failure: true }, { reward: 0, terminated: true, truncated: false }],
  [{ terminateEpisode: true }, { reward: 0, terminated: false, truncated: true }],
  [{ rerecordEpisode: true }, { reward: 0, terminated: false, truncated: true, signals: { rerecord: true } }],
  [
    { success: true, failure: true },
    { reward: 1, terminated: true, signals: { success: true } },
  ],
  [
    { rerecordEpisode: true, success: true },
    { reward: 0, terminated: false, truncated: true, signals: { success: false } },
  ],
])("the person's verdict %j decides how the episode ends", (events, expected) => {
  expect(intervene(events)).toMatchObject(expected);
});

test("an intervention without an action, or with another number of elements, is refused", () => {
  const events = { ...NO_EVENTS, isIntervention: true };
  const apply = (action: Tensor<"float32"> | null) => () =>
    new InterventionActionProcessorStep().apply(
      makeTransition({ action: POLICY_ACTION, teleoperation: { events, action } }),
    );
  expect(apply(null)).toThrow('"teleop_action" is missing although the person intervenes');
  expect(apply(Tensor.of([3], [0, 0, 0]))).toThrow(
    "has 3 elements, the policy's action 4: is the gripper counted in both?",
  );
});

test("a gym-hil environment's gripper penalty is stored with the transition", () => {
  const result = new GymHILAdapterProcessorStep().apply(makeTransition({ info: { discrete_penalty: -0.02 } }));
  expect(result.complementaryData).toEqual({ discrete_penalty: -0.02 });
});
