import { expect, test } from "vitest";
import { StopSwitch } from "./stop_switch.ts";

test("an emergency stop notifies every listener at once, and none that has stopped listening", () => {
  const stopSwitch = new StopSwitch();
  const { emergencyOnly } = stopSwitch;
  const heard: string[] = [];
  const stopListening = stopSwitch.onHold(() => heard.push("robot"));
  emergencyOnly.onHold(() => heard.push("evaluation"));
  stopSwitch.hold();
  expect([heard, emergencyOnly.held, emergencyOnly.holds]).toEqual([["robot", "evaluation"], true, 1]);
  stopSwitch.release();
  stopListening();
  stopSwitch.hold();
  expect([heard.slice(2), emergencyOnly.holds]).toEqual([["evaluation"], 2]);
});

test("what moves the robot in place of one that is kept still is not kept still itself", () => {
  const stopSwitch = new StopSwitch();
  stopSwitch.keepStill();
  expect([stopSwitch.stands, stopSwitch.emergencyOnly.stands]).toEqual([true, false]);
});
