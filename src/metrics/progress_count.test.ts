import { expect, it } from "vitest";
import { actor, checkpoint, evaluation, learner, notice, started, training } from "../../test/metrics/events.ts";
import { ProgressCount } from "./progress_count.ts";

it("counts environment steps where a run has actors", () => {
  const count = new ProgressCount();
  expect([started(), training({ interaction_step: 30, step: 7 }), actor()].map((event) => count.at(event))).toEqual([
    0, 30, 10,
  ]);
  expect(count.unit).toBe("steps");
});

it("counts updates where a run has none, and what happens between two reports at the latest", () => {
  const count = new ProgressCount();
  const none = { interaction_step: 0 };
  const events = [
    started({ offline_step: 5 }),
    notice(none),
    training({ ...none, step: 10 }),
    learner({ ...none, step: 8 }),
    evaluation(none),
    notice(none),
    checkpoint({ ...none, step: 30 }),
  ];
  expect(events.map((event) => count.at(event))).toEqual([5, 5, 10, 10, 20, 20, 30]);
  expect(count.unit).toBe("updates");
  expect(count.at(started({ offline_step: 20 }))).toBe(20);
});
