import { expect, test } from "vitest";
import type { RunEvent, RunEventOf } from "../../../metrics/run_event.ts";
import { BoundedSeries } from "./bounded_series.ts";
import { Curves } from "./curves.ts";

const episode = (number: number, parts: Partial<RunEventOf<"episode">> = {}): RunEvent => ({
  type: "episode",
  time_s: number,
  interaction_step: 10 * number,
  actor: "actor",
  episode: number,
  episodic_return: 1,
  episode_length: 10,
  outcome: "success",
  intervention_steps: 0,
  duration_s: 1,
  ...parts,
});

test("a series of a million values is bounded and keeps its mean and its ends", () => {
  const series = new BoundedSeries(256);
  for (let x = 0; x < 1_000_000; x++) series.add(x, x % 2);
  expect(series.x.length).toBeLessThanOrEqual(256);
  expect(series.y.length).toBe(series.x.length);
  expect(series.x[0]!).toBeLessThan(10_000);
  expect(series.x.at(-1)!).toBeGreaterThan(985_000);
  for (const y of series.y) expect(y).toBeCloseTo(0.5, 1);
});

test("non-finite values are ignored", () => {
  const series = new BoundedSeries();
  for (const y of [1, Number.NaN, Number.POSITIVE_INFINITY, 2]) series.add(series.x.length, y);
  expect(series.y).toEqual([1, 2]);
});

test("episodes without help and with help are counted separately", () => {
  const curves = new Curves();
  curves.add(episode(1));
  curves.add(episode(2, { intervention_steps: 5 }));
  curves.add(episode(3, { outcome: "failure", episodic_return: 0 }));
  expect(curves.shares).toMatchObject({ solvedAlone: 1 / 3, assistedSuccess: 1 });
  expect(curves.interventionRate.last).toBeCloseTo(5 / 30);
  expect(curves.solvedAlone.y).toEqual([1, 1 / 2, 1 / 3]);
});

test("a corrected label counts as corrected; a re-recorded episode not at all", () => {
  const curves = new Curves();
  curves.add(episode(1));
  curves.add(episode(1, { outcome: "terminated", episodic_return: 0, correction: true }));
  curves.add(episode(2, { outcome: "rerecorded" }));
  expect(curves.shares).toMatchObject({ episodes: 1, solvedAlone: 0 });
});

test("the curves of a resumed run continue at its checkpoint", () => {
  const curves = new Curves();
  for (let number = 1; number <= 5; number++) curves.add(episode(number));
  const resumed = { run_id: "r", version: "1", config: {}, resumed_from: "0000030" };
  curves.add({ type: "run_started", time_s: 9, interaction_step: 30, ...resumed });
  expect(curves.episodicReturn.x).toEqual([10, 20, 30]);
});
