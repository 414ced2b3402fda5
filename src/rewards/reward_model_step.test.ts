import { describe, expect, it } from "vitest";
import { NO_SIGNALS } from "../processors/episode_signals.ts";
import { NO_EVENTS, type TeleopEvents } from "../processors/teleop_events.ts";
import { makeTransition, type ProcessorTransition } from "../processors/transition.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { RewardModelConfig } from "./config.ts";
import type { RewardModel } from "./reward_model.ts";
import { RewardModelProcessorStep, type RewardModelStepOptions } from "./reward_model_step.ts";

const STATE = "observation.state";

/** Believes what it sees: the state is the probability. */
class Credulous implements RewardModel {
  readonly inputFeatures = { [STATE]: { type: "STATE", shape: [1] } } as const;
  readonly calls: string[] = [];
  async judge(observation: Parameters<RewardModel["judge"]>[0]) {
    this.calls.push("judge");
    return Number(observation[STATE]!.data[0]);
  }
  reset() {
    this.calls.push("reset");
  }
  close() {
    this.calls.push("close");
  }
}

function makeStep(
  settings: Partial<RewardModelConfig> = {},
  options: Partial<RewardModelStepOptions> = {},
): RewardModelProcessorStep {
  const config = { type: "credulous", success_threshold: 0.5, success_reward: 1, debounce: 1, ...settings };
  return new RewardModelProcessorStep({ model: new Credulous(), config, ...options });
}

/** A step of an environment that judged it so, seen with this probability. */
function seen(probability: number, parts: Partial<ProcessorTransition> = {}): ProcessorTransition {
  const { reward = 0, terminated = false, signals = NO_SIGNALS } = parts;
  return makeTransition({
    observation: { [STATE]: Tensor.of([1], [probability]) },
    action: Tensor.of([1, 1], [0]),
    ...parts,
    signals: { ...signals, environment: { reward, terminated, success: signals.success } },
  });
}

/** The same with a person who says this; the pipeline of actions has made of it what it says there. */
function labelled(
  events: Partial<TeleopEvents>,
  probability: number,
  parts: Partial<ProcessorTransition> = {},
): ProcessorTransition {
  const teleoperation = { events: { ...NO_EVENTS, ...events }, action: null };
  return { ...seen(probability), teleoperation, ...parts };
}

describe("a reward model in a pipeline", () => {
  it("rewards success from its threshold on, and ends the episode", async () => {
    const step = makeStep({ success_threshold: 0.75, success_reward: 5 });
    expect(await step.apply(seen(0.7))).toMatchObject({
      ...{ reward: 0, terminated: false },
      signals: { success: false, successProbability: Math.fround(0.7) },
    });
    expect(await step.apply(seen(0.75))).toMatchObject({
      ...{ reward: 5, terminated: true, truncated: false },
      signals: { success: true, successProbability: 0.75, environment: { reward: 5, terminated: true, success: true } },
    });
  });

  it("stands in place of the environment's reward and success, while an end of the environment's stays one", async () => {
    const success = { reward: 1, terminated: true, signals: { ...NO_SIGNALS, success: true } };
    expect(await makeStep().apply(seen(0.1, success))).toMatchObject({
      ...{ reward: 0, terminated: true },
      signals: { success: false, environment: { reward: 0, terminated: true, success: false } },
    });
  });

  it("lets the episode go on after success where that is wanted", async () => {
    const step = makeStep({}, { terminateOnSuccess: false });
    for (let i = 0; i < 2; i++) {
      expect(await step.apply(seen(0.9))).toMatchObject({ reward: 1, terminated: false, signals: { success: true } });
    }
  });

  it("waits for several observations in a row, in every episode anew", async () => {
    const step = makeStep({ debounce: 3 });
    const successes = async (...probabilities: number[]) => {
      const all: boolean[] = [];
      for (const each of probabilities) all.push((await step.apply(seen(each))).signals.success);
      return all;
    };
    expect(await successes(0.9, 0.9, 0.2, 0.9, 0.9, 0.9)).toEqual([false, false, false, false, false, true]);
    step.reset();
    expect(await successes(0.9, 0.9)).toEqual([false, false]);
    step.reset();
    expect(await successes(0.9, 0.9, 0.9)).toEqual([false, false, true]);
  });

  it("leaves a person the last word, and keeps its own verdict for a label that is taken back", async () => {
    const pressed = labelled({ success: true }, 0.1, {
      ...{ reward: 1, terminated: true },
      signals: { ...seen(0.1).signals, success: true },
    });
    expect(await makeStep().apply(pressed)).toMatchObject({
      ...{ reward: 1, terminated: true },
      signals: { success: true, environment: { reward: 0, terminated: false, success: false } },
    });
    const failed = labelled({ failure: true }, 0.9, { reward: 1, terminated: true });
    expect(await makeStep().apply(failed)).toMatchObject({
      ...{ reward: 0, terminated: true },
      signals: { success: false, environment: { reward: 1, terminated: true, success: true } },
    });
    const again = labelled({ rerecordEpisode: true }, 0.9, { truncated: true });
    expect(await makeStep().apply(again)).toMatchObject({
      ...{ reward: 0, terminated: false, truncated: true },
      signals: { success: false },
    });
  });

  it("judges while a person steers without a verdict", async () => {
    const steered = labelled({ isIntervention: true }, 0.9);
    expect(await makeStep().apply(steered)).toMatchObject({ reward: 1, terminated: true, signals: { success: true } });
  });

  it("does not judge the observation that an episode begins with", async () => {
    const model = new Credulous();
    const first = makeTransition({ observation: { [STATE]: Tensor.of([1], [0.9]) } });
    expect(await makeStep({}, { model }).apply(first)).toBe(first);
    expect(model.calls).toEqual([]);
  });

  it.each([Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY])("refuses %d as a probability", async (probability) => {
    await expect(makeStep().apply(seen(probability))).rejects.toThrow(
      /the reward model "credulous" judged an observation at .*; a probability of success is a number from 0 to 1/,
    );
  });

  it("names what the model needs and the environment does not show", () => {
    const observed = (name: string, shape: number[]) => {
      return () => makeStep().transformFeatures({ observation: { [name]: { type: "STATE", shape } }, action: {} });
    };
    expect(observed(STATE, [1])).not.toThrow();
    expect(observed("observation.stat", [1])).toThrow('"observation.state" is missing');
    expect(observed(STATE, [2])).toThrow('has shape [2], the reward model "credulous" takes [1]');
  });

  it("passes the beginnings of episodes and the end of the environment on to the model", async () => {
    const model = new Credulous();
    const step = makeStep({}, { model });
    step.reset();
    await step.apply(seen(0.2));
    await step.close();
    expect(model.calls).toEqual(["reset", "judge", "close"]);
    expect(step.config()).toEqual({
      ...{ type: "credulous", success_threshold: 0.5, success_reward: 1, debounce: 1, terminate_on_success: true },
    });
  });
});
