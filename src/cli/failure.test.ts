import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { reportFailure } from "./failure.ts";
import { Stopped } from "./stop_signals.ts";

it("takes a wait that was aborted for the stop that aborted it", async () => {
  const controller = new AbortController();
  const waiting = setTimeout(60_000, undefined, { signal: controller.signal }).catch((error: unknown) => error);
  controller.abort(new Stopped("SIGTERM"));
  const error = await waiting;
  expect(error).toMatchObject({ name: "AbortError" });
  expect(reportFailure(error)).toBe(128 + 15);
});

it("takes what was aborted for any other reason for a failure", () => {
  expect(reportFailure(new DOMException("timed out", "AbortError"))).toBe(1);
});
