/** The end of a run in one process whose learner is paused while the actor's records wait for updates. */
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type RunEvent, RunEvents } from "../../src/metrics/index.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { PATIENCE_S } from "../until.ts";

const OVERRIDES = [
  ...SMALL_NETWORKS,
  ...["--handrail.demonstrations.episodes=0", "--handrail.operator.type=none", "--handrail.solved=null"],
  ...["--handrail.pacing=as_fast_as_possible", "--handrail.updates_per_step={min: 1, max: 1}"],
  ...["--policy.online_step_before_learning=10", "--batch_size=4", "--env.processor.reset.control_time_s=1"],
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-run-ends-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("a run that is stopped while its learner is paused takes every step that its actor has made", async () => {
  const config = await loadTrainingConfig("configs/pick_cube.json", {
    overrides: [...OVERRIDES, `--output_dir=${join(folder, "run")}`],
  });
  const events = new RunEvents();
  const log: RunEvent[] = [];
  events.subscribe((event) => log.push(event));
  const stop = new AbortController();
  let steps = 0;
  const run = await TrainingRun.start({
    ...{ config, events, signal: stop.signal },
    observers: () => [{ onStep: () => (steps += 1) }],
  });
  await run.learnerControl.pause();
  const running = run.run();
  const queued = () => log.filter((event) => event.type === "learner").at(-1)?.queue_records;
  await vi.waitFor(() => expect(queued()).toBeGreaterThan(0), { timeout: 1000 * PATIENCE_S });
  stop.abort();
  expect(await running).toMatchObject({ reason: "stopped" });
  expect(steps).toBeGreaterThan(10);
  expect(run.learner.progress.interactionStep).toBe(steps);
  expect(log.filter((event) => event.type === "notice" && event.level !== "info")).toEqual([]);
});
