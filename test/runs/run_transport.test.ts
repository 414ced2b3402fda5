/** The transport between a run's processes. */
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RunEvents } from "../../src/metrics/index.ts";
import { runLearner } from "../../src/runs/run_learner.ts";
import { runRemoteActor } from "../../src/runs/run_remote_actor.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { smallConfig } from "../actor/acting.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-run-transport-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configWith = (name: string, ...overrides: string[]) =>
  smallConfig([
    ...[`--output_dir=${join(folder, name)}`, "--policy.actor_learner_config.learner_port=0"],
    ...["--handrail.demonstrations.episodes=0", "--handrail.solved=null", "--policy.online_step_before_learning=10"],
    ...["--batch_size=4", "--handrail.pacing=as_fast_as_possible", ...overrides],
  ]);

describe("a learner or an actor in a separate process", () => {
  test("refuses a transport within one process, before anything is made", async () => {
    const config = await configWith("refused", "--handrail.transport.type=in_process");
    const message = 'handrail.transport.type: "in_process" joins a learner and an actor of one process';
    await expect(runLearner({ config })).rejects.toThrow(message);
    await expect(runRemoteActor({ config, events: new RunEvents() })).rejects.toThrow(message);
    expect(existsSync(join(folder, "refused"))).toBe(false);
  });
});

describe("a run in one process", () => {
  test("says that its port is taken before it records demonstrations", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const config = await configWith(
      "taken",
      "--handrail.transport.type=grpc",
      ...[`--policy.actor_learner_config.learner_port=${port}`, "--handrail.demonstrations.episodes=1"],
    );
    const starting = TrainingRun.start({
      config,
      events: new RunEvents(),
      onDemonstration: () => expect.unreachable(),
    });
    await expect(starting).rejects.toThrow(/another program uses it.*policy.actor_learner_config.learner_port/);
    server.close();
  });

  test.each([
    ["memory by default", [], /^in-process$/],
    ["what the config names", ["--handrail.transport.type=grpc"], /^127\.0\.0\.1:[1-9]\d*$/],
  ])("uses %s", async (name, overrides, address) => {
    const stop = new AbortController();
    let steps = 0;
    const run = await TrainingRun.start({
      config: await configWith(name, ...overrides),
      events: new RunEvents(),
      signal: stop.signal,
      observers: () => [
        {
          onStep: () => {
            steps += 1;
            if (steps === 15) stop.abort();
          },
        },
      ],
    });
    expect(run.learner.address).toMatch(address);
    expect(await run.run()).toMatchObject({ reason: "stopped" });
    expect(steps).toBeGreaterThanOrEqual(15);
    expect(run.learner.progress.interactionStep).toBe(steps);
  });
});
