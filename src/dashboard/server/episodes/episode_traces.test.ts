import { expect, test } from "vitest";
import type { RunEventOf } from "../../../metrics/index.ts";
import { EpisodeTraces } from "./episode_traces.ts";

const ended = (episode: number, length: number, interventionSteps: number): RunEventOf<"episode"> => ({
  type: "episode",
  time_s: 0,
  interaction_step: 0,
  actor: "actor",
  episode,
  episodic_return: 1,
  episode_length: length,
  outcome: "success",
  intervention_steps: interventionSteps,
  duration_s: 1,
});

test("ranges contain exactly the steps at which a person steered", () => {
  const traces = new EpisodeTraces();
  traces.start(3);
  for (const steered of [false, true, true, false, true]) traces.step(0.5, steered);
  expect(traces.current).toMatchObject({
    length: 5,
    episodic_return: 2.5,
    interventions: [
      [1, 3],
      [4, 5],
    ],
  });
  expect(traces.finish(ended(3, 5, 3))).toMatchObject({
    outcome: "success",
    interventions: [
      [1, 3],
      [4, 5],
    ],
  });
  expect(traces.current).toBeUndefined();
});

test("a reward model's latest probability is shown while the episode is running", () => {
  const traces = new EpisodeTraces();
  traces.start(1);
  traces.step(0, false);
  expect(traces.current).not.toHaveProperty("success_probability");
  for (const probability of [0.2, 0.9]) traces.step(0, false, false, probability);
  expect(traces.current).toMatchObject({ success_probability: 0.9 });
  expect(traces.finish(ended(1, 3, 0))).not.toHaveProperty("success_probability");
});

test("only recent episodes are kept, and alternating interventions make a bounded number of ranges", () => {
  const traces = new EpisodeTraces();
  for (let episode = 0; episode < 200; episode++) {
    traces.start(episode);
    for (let step = 0; step < 400; step++) traces.step(0, step % 2 === 0);
    traces.finish(ended(episode, 400, 200));
  }
  expect(traces.all.length).toBeLessThanOrEqual(60);
  expect(traces.all.at(-1)!.episode).toBe(199);
  expect(traces.all.at(-1)!.interventions.length).toBeLessThanOrEqual(64);
});

test("a corrected label replaces its episode's trace", () => {
  const traces = new EpisodeTraces();
  traces.start(1);
  traces.step(0, true);
  traces.finish(ended(1, 1, 1));
  expect(traces.finish({ ...ended(1, 1, 1), outcome: "terminated", correction: true })).toMatchObject({ undone: true });
  expect(traces.all).toHaveLength(1);
  expect(traces.all[0]).toMatchObject({ outcome: "terminated", undone: true, interventions: [[0, 1]] });
});

test("interventions are shown at the positions in the log, and at none if the log has no positions", () => {
  const traces = new EpisodeTraces();
  expect(traces.finish({ ...ended(1, 50, 10), interventions: [[40, 50]] })).toMatchObject({
    interventions: [[40, 50]],
  });
  expect(traces.finish(ended(2, 50, 10))).toMatchObject({ interventions: [], steered_somewhere: 10 });
});

test("steps of a person are distinguished from steps of the scripted operator", () => {
  const traces = new EpisodeTraces();
  traces.start(1);
  for (const isPerson of [false, false, true, true]) traces.step(0, true, isPerson);
  expect(traces.finish(ended(1, 4, 4))).toMatchObject({ interventions: [[0, 4]], by_person: [[2, 4]] });
});
