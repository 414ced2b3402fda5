import { mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointStoreOf } from "../../src/learning/run_folder/run_folder.ts";
import type { Transition } from "../../src/replay/transition.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { toInteraction } from "../../src/spec/actor_report.ts";
import { parseSafetensors } from "../../src/tensor/safetensors/bytes.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import type { ActorEndpoint, Transport } from "../../src/transport/transport.ts";
import { STATE } from "../algorithms/small.ts";
import { PATIENCE_S, until } from "../until.ts";
import { type Running, send, startLearner } from "./running.ts";
import { smallConfig } from "./small_learner.ts";
import { everything } from "./small_run.ts";

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

async function connect(transport: Transport): Promise<ActorEndpoint> {
  const actor = await transport.createActor();
  actors.push(actor);
  await actor.ready(PATIENCE_S);
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
    const first = await actor.waitForWeights(PATIENCE_S);
    expect(first.version).toBe(0);
    expect(Object.keys(parseSafetensors(first.safetensors).tensors).length).toBeGreaterThan(5);
    await send(actor, config, 0, 200);
    await actor.flush(PATIENCE_S);
    await until(() => learner.progress.step > 100, "100 updates");
    const newer = await actor.waitForWeights(PATIENCE_S);
    expect(newer.version).toBeGreaterThan(0);
    expect(newer.safetensors).not.toEqual(first.safetensors);
    await until(() => events("learner").length > 0, "a report");
    await learner.stop();
    expect(await learner.finished).toBe("stopped");

    expect(events("learner").at(-1)).toMatchObject({ state: "stopped", online_size: 200, offline_size: 29 });
    const training = events("training");
    expect(training.map(({ step }) => step).slice(0, 3)).toEqual([20, 40, 60]);
    expect(training[0]!.metrics).toMatchObject({ loss_critic: expect.any(Number), temperature: expect.any(Number) });
    expect(events("notice").map(({ message }) => message)).toEqual(["training steps: ONNX Runtime, 1 thread"]);
    const { saved, online, offline } = await savedRun(config);
    expect(saved.step).toBe(learner.progress.step);
    expect(events("checkpoint").map(({ step }) => step)).toEqual([0, saved.step]);
    expect(numbers(online)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(numbers(offline)).toEqual(Array.from({ length: 29 }, (_, n) => 7 * n));
    expect(saved.runState).toMatchObject({ transport: { transitions: { [actor.session]: 200 } } });
  });

  it("takes several actors at once, each transition once and in each actor's order", async () => {
    const config = smallConfig(folder);
    const { learner, transport } = await start(config);
    const several = await Promise.all(Array.from({ length: 8 }, () => connect(transport)));
    await Promise.all(several.map((actor, i) => send(actor, config, 100 * i, 100)));
    await Promise.all(several.map((actor) => actor.flush(PATIENCE_S)));
    await learner.stop();
    const { saved, online } = await savedRun(config);
    expect(saved.interactionStep).toBe(800);
    const all = Array.from({ length: 800 }, (_, n) => n);
    expect([...numbers(online)].sort((a, b) => a! - b!)).toEqual(all);
    for (let i = 0; i < 8; i++) {
      const own = numbers(online).filter((n) => Math.floor(n! / 100) === i);
      expect(own).toEqual(all.slice(100 * i, 100 * (i + 1)));
    }
  });

  it("repeats actors' episode reports as events, and corrects labels that they take back", async () => {
    const config = smallConfig(folder);
    const { learner, transport, events } = await start(config);
    const actor = await connect(transport);
    await send(actor, config, 0, 20);
    const episode = { actor: "arm", episode: 3, episodic_return: 1, episode_length: 20, duration_s: 2 } as const;
    const report = { kind: "episode", interaction_step: 20, outcome: "success", intervention_steps: 4 } as const;
    await actor.sendInteraction(toInteraction({ ...episode, ...report }));
    const relabel = { kind: "relabel", actor: "arm", reward: 0, terminated: true, truncated: false } as const;
    await actor.sendInteraction(toInteraction({ ...relabel, sequence: 20 }));
    // The streams are independent: this one comes before its transition does.
    await actor.sendInteraction(toInteraction({ ...relabel, sequence: 25, reward: 7 }));
    await actor.flush(PATIENCE_S);
    await send(actor, config, 20, 10);
    await actor.flush(PATIENCE_S);
    await learner.stop();
    const { kind: _, interaction_step: __, ...rest } = report;
    expect(events("episode")).toMatchObject([{ ...episode, ...rest }]);
    const { online } = await savedRun(config);
    expect(online[18]).toMatchObject({ reward: 0, terminated: false });
    expect(online[19]).toMatchObject({ reward: 0, terminated: true });
    expect(online[24]).toMatchObject({ reward: 7, terminated: true });
  });

  it("waits when it has made as many updates per step as it may", async () => {
    const config = smallConfig(folder, { handrail: { updates_per_step: { max: 0.5 } } });
    const { learner, transport } = await start(config);
    const actor = await connect(transport);
    await send(actor, config, 0, 100);
    await until(() => learner.progress.state === "limited", "it is limited");
    expect(learner.progress.step).toBe(50);
    let version = -1;
    const hasTheLast = () => {
      version = actor.takeWeights()?.version ?? version;
      return version === 50;
    };
    await until(hasTheLast, "the weights of the last update arrive");
    await send(actor, config, 100, 20);
    await until(() => learner.progress.step === 60, "it continues");
    await until(() => learner.progress.state === "limited", "it is limited again");
  });

  it("lets actors wait while it is behind, with bounded memory and the pressure to be seen", async () => {
    const config = smallConfig(folder, { handrail: { updates_per_step: { min: 1, max: 1 } } });
    const { learner, transport, events } = await start(config);
    const actor = await connect(transport);
    await learner.pause();
    await send(actor, config, 0, 3000);
    await until(() => (events("learner").at(-1)?.queue_records ?? 0) > 0, "records wait");
    const { interactionStep, state } = learner.progress;
    expect(state).toBe("paused");
    // Beyond the warm-up a batch came in before the next was held back: neither is larger than 256 records.
    expect(interactionStep).toBeLessThanOrEqual(10 + 256);
    expect(events("learner").at(-1)!.queue_records).toBeLessThanOrEqual(256);
    expect(actor.metrics().transitions.records).toBe(3000);
    await learner.saveCheckpoint();
    const { online } = await savedRun(config);
    expect(numbers(online)).toEqual(Array.from({ length: online.length }, (_, n) => n));
    expect(online.length).toBeLessThanOrEqual(10 + 3 * 256);
    await learner.resume();
    const held = learner.progress.interactionStep;
    await until(() => learner.progress.interactionStep > held + 10, "the actor continues");
    expect(learner.progress.step).toBeGreaterThanOrEqual(learner.progress.interactionStep - 10 - 256);
    expect(learner.progress.step).toBeLessThanOrEqual(learner.progress.interactionStep);
  });

  it("saves at every save_freq-th update exactly, and keeps the newest and the best", async () => {
    const handrail = { keep_checkpoints: 2, updates_per_step: { max: 1 } };
    const config = smallConfig(folder, { save_freq: 40, handrail });
    const { learner, transport, events } = await start(config);
    const actor = await connect(transport);
    await learner.setScore(0.1);
    await send(actor, config, 0, 50);
    await until(() => learner.progress.step === 50, "50 updates");
    await learner.setScore(0.9);
    await send(actor, config, 50, 50);
    await until(() => learner.progress.step === 100, "100 updates");
    await learner.setScore(0.5);
    await send(actor, config, 100, 120);
    await until(() => learner.progress.step === 220, "220 updates");
    await learner.stop();
    expect(events("checkpoint").map(({ step }) => step)).toEqual([0, 40, 80, 120, 160, 200, 220]);
    expect((await readdir(join(folder, "checkpoints"))).sort()).toEqual(["0000080", "0000200", "0000220", "last"]);
  });

  it("ends when the run has all its steps", async () => {
    const config = smallConfig(folder, { policy: { online_steps: 60 } });
    const { learner, transport } = await start(config);
    await send(await connect(transport), config, 0, 60);
    expect(await learner.finished).toBe("steps");
    expect((await savedRun(config)).saved.interactionStep).toBe(60);
  });

  it("continues without a checkpoint that cannot be saved, says so, and fails if it is the last one", async () => {
    const config = smallConfig(folder, { save_freq: 20 });
    const { learner, transport, events } = await start(config);
    await rename(join(folder, "checkpoints"), join(folder, "elsewhere"));
    await writeFile(join(folder, "checkpoints"), "in the way");
    await send(await connect(transport), config, 0, 30);
    await until(() => learner.progress.step > 45, "45 updates");
    expect(events("notice").find(({ level }) => level !== "info")).toMatchObject({
      level: "error",
      message: expect.stringContaining("checkpoint could not"),
    });
    await expect(learner.stop()).rejects.toThrow("checkpoints");
  });

  it("fails loudly when training diverges again and again, and the checkpoint before stays", async () => {
    const config = smallConfig(folder, { algorithm: { critic_lr: 1e30 } });
    const { learner, transport, events } = await start(config);
    const actor = await connect(transport);
    await send(actor, config, 0, 20);
    await expect(learner.finished).rejects.toThrow(
      /training has failed: training diverged: \w+ is (NaN|-?Infinity) after update \d+ in 10 updates one after the other/,
    );
    const notices = events("notice").filter(({ level }) => level !== "info");
    expect(notices.map(({ level }) => level)).toEqual([...Array(9).fill("warn"), "error"]);
    expect(notices[0]!.message).toMatch(
      /^an update was undone because \w+ is .*no transition of its batches stands out$/,
    );
    expect((await savedRun(config)).saved.step).toBe(0);
    expect(actor.metrics().transitions.records).toBe(20);
  });

  it("begins to train when it can save, however long the transport takes to start", async () => {
    const transport = new InProcessTransport();
    const slow: Transport = {
      createLearner: async (options) => {
        await setTimeout(1000);
        return await transport.createLearner(options);
      },
      createActor: (options) => transport.createActor(options),
    };
    const config = smallConfig(folder, { save_freq: 5 });
    const first = await start(config);
    await send(await connect(first.transport), config, 0, 20);
    await until(() => first.learner.progress.step > 0, "the first updates");
    await first.learner.stop();
    const resumed = await startLearner({ ...config, resume: true }, {}, slow);
    running.push(resumed);
    const { step } = resumed.learner.progress;
    await until(() => resumed.learner.progress.step > step + 20, "training continues");
    expect(resumed.log[0]?.type).toBe("run_started");
    expect(resumed.events("notice").filter(({ level }) => level === "error")).toEqual([]);
  });

  it("turns away an actor whose transitions are of another shape, with the reason", async () => {
    const { transport, events } = await start(smallConfig(folder));
    const actor = await connect(transport);
    await actor.sendTransition({ tensors: {}, scalars: { reward: 0 }, metadata: {} });
    await expect(actor.flush(PATIENCE_S)).rejects.toThrow('lacks the tensor "state.observation.state"');
    await until(() => events("notice").length > 0, "a notice");
  });
});

describe("a learner in lockstep", () => {
  it("makes updates only on request, and 2N of them are N, a stop, a resumption and N more, bit for bit", async () => {
    const lockstep = (outputDir: string, values = {}) =>
      smallConfig(outputDir, { save_freq: 15, handrail: { pacing: "lockstep" }, ...values });
    const play = async (config: TrainRLServerPipelineConfig, from: number, until: number) => {
      const { learner, transport } = await start(config);
      const actor = await transport.createActor({ outbox: { directory: join(config.output_dir!, "outbox") } });
      await actor.ready(PATIENCE_S);
      for (let n = from; n < until; n++) {
        await send(actor, config, n, 1);
        await actor.flush(PATIENCE_S);
        expect(await learner.train(2)).toBe(n < 9 ? 0 : 2);
        expect(learner.progress.interactionStep).toBe(n + 1);
        if (n >= 9) expect(actor.takeWeights()?.version).toBe(learner.progress.step);
      }
      await learner.stop();
      await actor.close(0);
    };
    const everythingIn = async (outputDir: string) => {
      const saved = await checkpointStoreOf(outputDir, lockstep(outputDir)).load();
      await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
      const { run_id: _, ...runState } = saved.runState;
      return { ...everything(saved), runState: JSON.stringify(runState).replaceAll(/[0-9a-f-]{36}/g, "session") };
    };
    const [whole, halves] = [join(folder, "whole"), join(folder, "halves")];
    await play(lockstep(whole), 0, 60);
    await play(lockstep(halves), 0, 30);
    await play(lockstep(halves, { resume: true }), 30, 60);
    expect(await everythingIn(halves)).toEqual(await everythingIn(whole));
  });

  it("is not what train() is for in another pacing", async () => {
    const { learner } = await start(smallConfig(folder));
    await expect(learner.train(1)).rejects.toThrow("train() is for lockstep");
  });
});
