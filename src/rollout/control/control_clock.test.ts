import { expect, test } from "vitest";
import { ControlClock, type TimeSource } from "./control_clock.ts";

/** Time that passes only where a test says so. Every sleep ends `lateMs` too late. */
class TestTime implements TimeSource {
  nowMs = 1000;
  lateMs = 0;

  now(): number {
    return this.nowMs;
  }

  async sleepUntil(dueMs: number): Promise<void> {
    if (dueMs > this.nowMs) this.nowMs = dueMs + this.lateMs;
  }
}

/** A clock of 100 Hz, begun at time 0 of the test: steps are due at 10, 20, … */
async function started() {
  const time = new TestTime();
  const clock = new ControlClock(100, time);
  await clock.tick();
  const tick = async () => {
    await clock.tick();
    return time.nowMs - 1000;
  };
  return { time, clock, tick };
}

test("steps keep to the grid: what one step takes, or a late wake-up, does not move the next", async () => {
  const { time, clock, tick } = await started();
  time.lateMs = 0.5;
  for (let step = 1; step <= 1000; step++) {
    time.nowMs += step % 9;
    expect(await tick()).toBeCloseTo(10 * step + 0.5, 6);
  }
  expect(clock.jitter()).toEqual({ p50Ms: 0.5, p99Ms: 0.5, skippedPeriods: 0 });
});

test("a step that is a little late is followed by one in time", async () => {
  const { time, clock, tick } = await started();
  time.nowMs += 14;
  expect([await tick(), await tick()]).toEqual([14, 20]);
  expect(clock.jitter()).toEqual({ p50Ms: 0, p99Ms: 4, skippedPeriods: 0 });
});

test("after a stall there is no burst: one step at once, then the grid; missed periods are left out and counted", async () => {
  const { time, clock, tick } = await started();
  time.nowMs += 57;
  expect([await tick(), await tick(), await tick()]).toEqual([57, 60, 70]);
  expect(clock.jitter()).toEqual({ p50Ms: 0, p99Ms: 47, skippedPeriods: 4 });
});

test("after a restart the grid begins with the next step and no delay is counted", async () => {
  const { time, clock, tick } = await started();
  time.nowMs += 1234;
  clock.restart();
  expect([await tick(), await tick()]).toEqual([1234, 1244]);
  expect(clock.jitter()).toEqual({ p50Ms: 0, p99Ms: 0, skippedPeriods: 0 });
});

test("on the machine's own clock a second has as many steps as it should", async () => {
  const clock = new ControlClock(100);
  await clock.tick();
  const start = performance.now();
  for (let step = 1; step <= 100; step++) await clock.tick();
  const periods = (performance.now() - start) / 10 - clock.jitter().skippedPeriods;
  expect(periods).toBeGreaterThan(99.9);
  expect(periods).toBeLessThan(101);
});

test("without a frequency steps never wait, but others of this thread get their turn", async () => {
  const clock = new ControlClock();
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const end = performance.now() + 300;
  while (performance.now() < end) await clock.tick();
  clearInterval(timer);
  expect(turns).toBeGreaterThan(2);
});

test("an aborted signal ends the wait", async () => {
  const clock = new ControlClock(0.01);
  await clock.tick();
  const before = performance.now();
  await clock.tick(AbortSignal.timeout(20));
  expect(performance.now() - before).toBeLessThan(10_000);
});

test("a frequency that is none is refused", () => {
  expect(() => new ControlClock(0)).toThrow("a control frequency is positive, got 0");
});
