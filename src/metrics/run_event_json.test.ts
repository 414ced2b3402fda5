import { expect, it } from "vitest";
import type { RunEvent } from "./run_event.ts";
import { isUnknownRunEvent, parseRunEvent, serializeRunEvent } from "./run_event_json.ts";

const training = (metrics: Record<string, number>): RunEvent => ({
  type: "training",
  time_s: 1.5,
  interaction_step: 3,
  step: 4,
  metrics,
});

it("an event survives its line, also with non-finite values", () => {
  const event = training({ a: 0.1, b: Number.NaN, c: Number.POSITIVE_INFINITY, d: Number.NEGATIVE_INFINITY });
  const line = serializeRunEvent(event);
  expect(line).not.toContain("\n");
  expect(parseRunEvent(line)).toEqual(event);
});

it("an event of an unknown type is named instead of refused", () => {
  const event = parseRunEvent('{"type":"battery","time_s":1,"volts":12}');
  expect(event).toEqual({ unknownType: "battery" });
  expect(isUnknownRunEvent(event)).toBe(true);
  expect(isUnknownRunEvent(training({}))).toBe(false);
});

it.each([
  ["{", "not JSON"],
  ["7", "not an event of a run"],
  ['{"type":"battery"}', "not an event of a run"],
  ['{"type":"training","time_s":1,"interaction_step":-1,"step":0,"metrics":{}}', "interaction_step"],
  ['{"type":"training","time_s":1,"interaction_step":1,"step":0,"metrics":{"loss":"low"}}', "metrics.loss"],
])("%s is refused with a reason", (line, reason) => {
  expect(() => parseRunEvent(line)).toThrow(reason);
});
