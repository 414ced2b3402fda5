import { expect, it } from "vitest";
import { Tally } from "./tally.ts";

it("reports the total so far and the newest entry, once", () => {
  const tally = new Tally("reports were refused so far");
  expect(tally.news()).toBeUndefined();
  tally.add(2, "7 of actor session left");
  tally.add(0, "nothing");
  tally.add(1, "9 of actor session left");
  expect(tally.news()).toBe("3 reports were refused so far; the last: 9 of actor session left");
  expect(tally.news()).toBeUndefined();
  tally.add(1, "10 of actor session left");
  expect(tally.news()).toBe("4 reports were refused so far; the last: 10 of actor session left");
});
