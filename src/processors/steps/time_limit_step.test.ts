import { expect, test } from "vitest";
import { Tensor } from "../../tensor/tensor.ts";
import { makeTransition } from "../transition.ts";
import { TimeLimitProcessorStep } from "./time_limit_step.ts";

test("the time limit truncates at its last step and starts over with the episode", () => {
  const limit = new TimeLimitProcessorStep(3);
  const episode = () => [1, 2, 3].map(() => limit.apply(makeTransition({ action: Tensor.scalar(1) })));
  expect(episode().map(({ truncated }) => truncated)).toEqual([false, false, true]);
  limit.reset();
  expect(limit.apply(makeTransition({})).truncated).toBe(false);
  const again = episode();
  expect(again.map(({ truncated }) => truncated)).toEqual([false, false, true]);
  expect(again.at(-1)!.terminated).toBe(false);
  expect(() => new TimeLimitProcessorStep(0)).toThrow("max_episode_steps must be a positive integer, got 0");
});
