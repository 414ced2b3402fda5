import { expect, test } from "vitest";
import type { EpisodeTrace } from "../../protocol.ts";
import { helpedSteps, matching, offeredFilters } from "./episode_filter.ts";

const trace = (episode: number, parts: Partial<EpisodeTrace>): EpisodeTrace => ({
  episode,
  length: 20,
  episodic_return: 1,
  interventions: [],
  outcome: "success",
  undone: false,
  ...parts,
});
const TRACES = [
  trace(1, {}),
  trace(2, { interventions: [[3, 9]] }),
  trace(3, { outcome: "time_limit" }),
  trace(4, { outcome: "failure", steered_somewhere: 5 }),
];
const numbers = (filter: Parameters<typeof matching>[1]) => matching(TRACES, filter).map(({ episode }) => episode);

test("“alone” selects successes without help; “failed” selects episodes without success", () => {
  expect([numbers("all"), numbers("success"), numbers("alone"), numbers("failed"), numbers("helped")]).toEqual([
    [1, 2, 3, 4],
    [1, 2],
    [1],
    [3, 4],
    [2, 4],
  ]);
});

test("sensor faults do not count as failures, and their filter is offered only if there are any", () => {
  const broken = [...TRACES, trace(5, { outcome: "sensor_fault" })];
  expect(matching(broken, "sensor fault").map(({ episode }) => episode)).toEqual([5]);
  expect(matching(broken, "failed").map(({ episode }) => episode)).toEqual([3, 4]);
  expect(offeredFilters(broken)).toContain("sensor fault");
  expect(offeredFilters(TRACES)).not.toContain("sensor fault");
});

test("help is counted in steps, also if their positions are unknown", () => {
  expect(TRACES.map(helpedSteps)).toEqual([0, 6, 0, 5]);
});
