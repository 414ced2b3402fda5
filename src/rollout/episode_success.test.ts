import { expect, it } from "vitest";
import { NO_EVENTS } from "../teleoperators/teleoperator.ts";
import { isSuccess } from "./episode_success.ts";

const person = (events: Partial<typeof NO_EVENTS>) => ({ events: { ...NO_EVENTS, ...events }, action: null });

it.each([
  ["the environment reports success", { succeed: true }, {}, true],
  ["nobody reports anything", {}, {}, false],
  ["a person declares success that the environment did not see", { success: true, succeed: false }, {}, true],
  ["a person declares failure although the environment reports success", { succeed: true }, { failure: true }, false],
  ["an environment that people take over concludes so", { "next.success": true, succeed: false }, {}, true],
  ["such an environment concludes otherwise", { "next.success": false, succeed: true }, {}, false],
])("when %s, %o with %o is %s", (_, info, events, expected) => {
  expect(isSuccess({ info, teleoperation: person(events) })).toBe(expected);
});
