import { expect, test } from "vitest";
import type { RunEvent } from "../../metrics/index.ts";
import { EventHistory } from "./event_history.ts";

const training = (step: number): RunEvent => ({
  type: "training",
  time_s: step,
  interaction_step: step,
  step,
  metrics: { loss_critic: step },
});

test("the history of a long run is bounded, evenly sampled, and includes the newest event", () => {
  const history = new EventHistory(100);
  for (let step = 0; step < 10_000; step++) history.add(training(step));
  const steps = history.events.map(({ interaction_step }) => interaction_step);
  expect(steps.length).toBeLessThanOrEqual(100);
  expect(steps.at(-1)).toBe(9_999);
  expect(steps[0]).toBeLessThan(300);
  expect(Math.max(...steps.slice(1).map((step, i) => step - steps[i]!))).toBeLessThan(300);
});

test("a frequent event type does not displace a rare one", () => {
  const history = new EventHistory(10);
  history.add({ type: "notice", time_s: 0, interaction_step: 0, level: "warn", source: "learner", message: "rare" });
  for (let step = 1; step < 500; step++) history.add(training(step));
  expect(history.events[0]).toMatchObject({ type: "notice", message: "rare" });
  expect(history.interactionStep).toBe(499);
});
