import { expect, test } from "vitest";
import { Watchdog, type WatchdogSettings } from "./watchdog.ts";

const WELL = { weightsAgeS: 1, disconnectedS: 0 };
const LOST = { weightsAgeS: 1, disconnectedS: 11 };
const STALE = { weightsAgeS: 61, disconnectedS: 0 };

function watched(settings: Partial<WatchdogSettings> = {}) {
  const notices: string[] = [];
  const all = { maxWeightsAgeS: 60, maxDisconnectedS: 10, behaviour: "hold", ...settings } as const;
  const watchdog = new Watchdog(all, (level, message) => notices.push(`${level}: ${message}`));
  return { watchdog, notices };
}

test.each([
  ["a lost learner", LOST, "error: no learner for 11.0 s (limit 10 s): the robot holds its position"],
  ["old weights", STALE, "error: no new weights for 61.0 s of acting (limit 60 s): the robot holds its position"],
])("%s stops the robot until training is back, and is reported once each way", (_, state, alarm) => {
  const { watchdog, notices } = watched();
  expect([WELL, state, state, state, WELL, WELL].map((each) => watchdog.check(each))).toEqual([
    ...[true, false, false, false, true, true],
  ]);
  expect(notices).toEqual([alarm, "info: the learner is back: the robot moves again"]);
});

test('with "continue" the robot continues, and an error says so', () => {
  const { watchdog, notices } = watched({ behaviour: "continue" });
  expect([LOST, LOST, WELL, LOST].map((each) => watchdog.check(each))).toEqual([true, true, true, true]);
  expect(notices).toHaveLength(3);
  expect(notices[0]).toContain("CONTINUES with the last policy");
});

test("limits of null tolerate anything", () => {
  const { watchdog, notices } = watched({ maxWeightsAgeS: null, maxDisconnectedS: null });
  expect(watchdog.check({ weightsAgeS: 1e9, disconnectedS: 1e9 })).toBe(true);
  expect(notices).toEqual([]);
});
