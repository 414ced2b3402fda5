import { expect, it } from "vitest";
import { CLOSE_EVICTED } from "../../limits.ts";
import { closeReasonText, Reconnection } from "./reconnection.ts";

it("reconnects soon after a stable connection, and with growing delays after unstable ones", () => {
  const reconnection = new Reconnection();
  const waits = [0, 100, 0, 3000, 0, 0, 0].map((stoodMs) => reconnection.closed(1006, stoodMs));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  expect(reconnection.closed(1006, 60_000)).toBe(250);
});

it("delays the reconnection of an evicted page and shows the reason", () => {
  expect(new Reconnection().closed(CLOSE_EVICTED, 60_000)).toBe(30_000);
  expect(closeReasonText(CLOSE_EVICTED, "")).toMatch(/replaced by another.*STOP still works/);
  expect(closeReasonText(1006, "the run is over")).toBe("the run is over");
});
