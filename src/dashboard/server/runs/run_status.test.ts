import { expect, test } from "vitest";
import type { RunEvent } from "../../../metrics/index.ts";
import { RunStatus } from "./run_status.ts";

test("the active time of a run excludes the time between its sessions", () => {
  const status = new RunStatus();
  const at = (time_s: number, event: object = { type: "notice", level: "info", source: "test", message: "" }) =>
    status.apply({ ...event, time_s, interaction_step: 0 } as RunEvent);
  const started = { type: "run_started", run_id: "r", version: "0", config: {}, resumed_from: null };
  at(1000, started);
  for (let s = 1001; s <= 1060; s++) at(s);
  at(1060 + 1740, started);
  for (let s = 1; s <= 30; s++) at(2800 + s);
  expect(status.activeSeconds).toBe(90);
});

test("a run without actors is as far as its updates, also before the first of its next session", () => {
  const plan = { task: "learn", goal: null, max_steps: 500, warm_up_steps: 0, demonstrations: 0, fps: null };
  const status = new RunStatus({ ...plan, environment: "simulation", learns: true });
  const at = (event: object) => status.apply({ time_s: 1, interaction_step: 0, ...event } as RunEvent);
  const started = { type: "run_started", run_id: "r", version: "0", config: {}, resumed_from: null };
  at({ ...started, offline_step: 200 });
  expect(status.progress).toEqual({ phase: "learning", done: 200, of: 500, evaluation: null });
  at({ type: "training", step: 250, metrics: {} });
  expect(status.progress).toMatchObject({ phase: "learning", done: 250, of: 500 });
  expect(status.unit).toBe("updates");
});
