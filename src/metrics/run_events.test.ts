import { expect, it } from "vitest";
import type { RunEvent, UntimedRunEvent } from "./run_event.ts";
import { RunEvents } from "./run_events.ts";

const checkpoint: UntimedRunEvent = {
  type: "checkpoint",
  interaction_step: 1,
  step: 2,
  folder: "000002",
  duration_s: 0,
};

it("notifies every listener with the time, until it unsubscribes", () => {
  let time = 100;
  const events = new RunEvents({ now: () => time++ });
  const heard: RunEvent[] = [];
  const unsubscribe = events.subscribe((event) => heard.push(event));
  events.emit(checkpoint);
  events.emit(checkpoint);
  unsubscribe();
  events.emit(checkpoint);
  expect(heard).toEqual([
    { ...checkpoint, time_s: 100 },
    { ...checkpoint, time_s: 101 },
  ]);
});

it("keeps the time of an event that has one", () => {
  const events = new RunEvents();
  const heard: RunEvent[] = [];
  events.subscribe((event) => heard.push(event));
  const past: RunEvent = { ...checkpoint, time_s: 7 };
  events.emit(past);
  expect(heard).toEqual([past]);
});

it("isolates the run and other listeners from one that throws", () => {
  const errors: unknown[] = [];
  const events = new RunEvents({ onListenerError: (error) => errors.push(error) });
  const heard: RunEvent[] = [];
  const broken = new Error("broken");
  events.subscribe(() => {
    throw broken;
  });
  events.subscribe((event) => heard.push(event));
  events.emit(checkpoint);
  expect(heard).toHaveLength(1);
  expect(errors).toEqual([broken]);
});
