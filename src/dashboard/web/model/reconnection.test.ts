import { expect, it } from "vitest";
import { CLOSE_MADE_ROOM } from "../../limits.ts";
import { closedBecause, Reconnection } from "./reconnection.ts";

it("comes back at once after a good connection, and ever later where none lasts", () => {
  const reconnection = new Reconnection();
  const waits = [0, 100, 0, 3000, 0, 0, 0].map((stoodMs) => reconnection.closed(1006, stoodMs));
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  expect(reconnection.closed(1006, 60_000)).toBe(250);
});

it("does not hurry back to a place that another page needed, and says so", () => {
  expect(new Reconnection().closed(CLOSE_MADE_ROOM, 60_000)).toBe(30_000);
  expect(closedBecause(CLOSE_MADE_ROOM, "")).toMatch(/made room for another.*STOP works meanwhile/);
  expect(closedBecause(1006, "the run is over")).toBe("the run is over");
});
