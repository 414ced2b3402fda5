import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { ControlClock } from "./control_clock.ts";

const busyFor = (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

test("steps keep to the grid: what one step takes does not move the next", async () => {
  const clock = new ControlClock(100);
  await clock.tick();
  const start = performance.now();
  for (let step = 1; step <= 50; step++) {
    busyFor(step % 3);
    await clock.tick();
  }
  const elapsedMs = performance.now() - start;
  const { skippedPeriods, p50Ms, p99Ms } = clock.jitter();
  expect(elapsedMs - 10 * skippedPeriods).toBeGreaterThan(499);
  expect(elapsedMs - 10 * skippedPeriods).toBeLessThan(511);
  expect(p50Ms).toBeLessThan(2);
  expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
});

test("after a stall there is no burst: missed periods are left out and counted, the grid stays", async () => {
  const clock = new ControlClock(50);
  await clock.tick();
  const start = performance.now();
  busyFor(110);
  const times: number[] = [];
  for (let step = 0; step < 3; step++) {
    await clock.tick();
    times.push(performance.now() - start);
  }
  // Due at 20, 40, …: the stall ends at 110, the next steps are due at 120 and 140.
  expect(times[0]).toBeLessThan(120);
  expect(times[1]).toBeGreaterThanOrEqual(119.9);
  expect(times[2]! - times[1]!).toBeGreaterThan(10);
  const { p99Ms, skippedPeriods } = clock.jitter();
  expect(skippedPeriods).toBeGreaterThanOrEqual(4);
  expect(p99Ms).toBeGreaterThan(80);
});

test("after a restart the next step is due at once and no delay is counted", async () => {
  const clock = new ControlClock(100);
  await clock.tick();
  await sleep(50);
  clock.restart();
  const before = performance.now();
  await clock.tick();
  expect(performance.now() - before).toBeLessThan(5);
  expect(clock.jitter()).toEqual({ p50Ms: 0, p99Ms: 0, skippedPeriods: 0 });
});

test("without a frequency steps never wait, but others of this thread get their turn", async () => {
  const clock = new ControlClock();
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const end = performance.now() + 200;
  while (performance.now() < end) await clock.tick();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});

test("an aborted signal ends the wait", async () => {
  const clock = new ControlClock(0.1);
  await clock.tick();
  const before = performance.now();
  await clock.tick(AbortSignal.timeout(20));
  expect(performance.now() - before).toBeLessThan(1000);
});

test("a frequency that is none is refused", () => {
  expect(() => new ControlClock(0)).toThrow("a control frequency is positive, got 0");
});
