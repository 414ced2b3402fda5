import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Transition } from "../../src/replay/transition.ts";
import { parseSafetensors } from "../../src/tensor/safetensors.ts";
import type { TrainRLServerPipelineConfig } from "../../src/training/config.ts";
import { checkpointStoreOf } from "../../src/training/learner/run_folder.ts";
import type { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import type { ActorEndpoint } from "../../src/transport/transport.ts";
import { STATE } from "../algorithms/small.ts";
import { type Running, send, startLearner, until } from "./running.ts";
import { smallConfig } from "./small_learner.ts";

let folder: string;
let running: Running[];
let actors: ActorEndpoint[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-learner-"));
  [running, actors] = [[], []];
});
afterEach(async () => {
  await Promise.all(actors.map((actor) => actor.close(0)));
  await Promise.all(running.map(({ learner }) => learner.stop().catch(() => {})));
  await rm(folder, { recursive: true });
});

async function start(config: TrainRLServerPipelineConfig): Promise<Running> {
  const started = await startLearner(config);
  running.push(started);
  return started;
}

async function connect(transport: InProcessTransport): Promise<ActorEndpoint> {
  const actor = await transport.createActor();
  actors.push(actor);
  await actor.ready(5);
  return actor;
}

async function savedRun(config: TrainRLServerPipelineConfig) {
  const saved = await checkpointStoreOf(folder, config).load();
  const transitions = (name: string) => {
    const buffer = saved.buffers[name]!;
    return Array.from({ length: buffer.size }, (_, i) => buffer.at(i));
  };
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return { saved, online: transitions("online"), offline: transitions("offline") };
}

const numbers = (transitions: readonly Transition[]) => transitions.map(({ observation }) => observation[STATE]![0]);

describe("a learner with its training thread", () => {
  it("trains on what actors send, publishes weights by version, reports, and saves everything when stopped", async () => {
    const config = smallConfig(folder);
    const { learner, transport, events } = await start(config);
    const actor = await connect(transport);
    const first = await actor.waitForParameters(5);
    expect(first.version).toBe(0);
    expect(Object.keys(parseSafetensors(first.safetensors).tensors).length).toBeGreaterThan(5);
    await send(actor, config, 0, 200);
    await actor.flush(5);
    await until(() => learner.progress.step > 100, "100 updates");
    const newer = await actor.waitForParameters(5);
    expect(newer.version).toBeGreaterThan(0);
    expect(newer.safetensors).not.toEqual(first.safetensors);
    await until(() => events("learner").length > 0, "a report");
    await learner.stop();
    expect(await learner.finished).toBe("stopped");

    expect(events("learner").at(-1)).toMatchObject({ state: "stopped", online_size: 200, offline_size: 29 });
    const training = events("training");
    expect(training.map(({ step }) => step).slice(0, 3)).toEqual([20, 40, 60]);
    expect(training[0]!.metrics).toMatchObject({ loss_critic: expect.any(Number), temperature: expect.any(Number) });
    expect(events("notice")).toEqual([]);
    const { saved, online, offline } = await savedRun(config);
    expect(saved.step).toBe(learner.progress.step);
    expect(events("checkpoint").map(({ step }) => step)).toEqual([0, saved.step]);
    expect(numbers(online)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(numbers(offline)).toEqual(Array.from({ length: 29 }, (_, n) => 7 * n));
    expect(saved.runState).toMatchObject({ transport: { transitions: { [actor.session]: 200 } } });
  });
});
