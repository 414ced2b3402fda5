import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkpointStoreOf } from "../../src/learning/run_folder/run_folder.ts";
import { readRunLog } from "../../src/metrics/read_run_log.ts";
import type { RunEvent } from "../../src/metrics/run_event.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { Random } from "../../src/tensor/random.ts";
import { GrpcTransport } from "../../src/transport/grpc/grpc_transport.ts";
import { STATE } from "../algorithms/small.ts";
import { HANDRAIL } from "../build.ts";
import { freePort } from "../transport/free_port.ts";
import { PATIENCE_S } from "../until.ts";
import { send } from "./running.ts";
import { smallConfig } from "./small_learner.ts";

let folder: string;
let config: TrainRLServerPipelineConfig;
let port: number;
let learners: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-learner-"));
  port = await freePort();
  learners = [];
  const actor_learner_config = { learner_port: port, policy_parameters_push_frequency: 0.1 };
  config = smallConfig(join(folder, "run"), { save_freq: 50, policy: { actor_learner_config } });
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
});
afterEach(async () => {
  await Promise.all(learners.map((learner) => end(learner, "SIGKILL")));
  await rm(folder, { recursive: true });
});

/** `handrail learner` in a process of its own; resolves when actors can connect. */
async function startLearner(...overrides: string[]): Promise<ChildProcess> {
  const args = [HANDRAIL, "learner", "--config", join(folder, "config.json"), ...overrides];
  const learner = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] });
  learners.push(learner);
  let output = "";
  const ready = new Promise<void>((resolve, reject) => {
    learner.stderr!.on("data", (text) => {
      output += text;
      if (output.includes("learner on ")) resolve();
    });
    learner.once("exit", (code) => reject(new Error(`the learner ended with ${code}: ${output}`)));
    setTimeout(() => reject(new Error(`the learner did not start: ${output}`)), 1000 * PATIENCE_S).unref();
  });
  await ready;
  return learner;
}

async function end(learner: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (learner.exitCode !== null || learner.signalCode !== null) return learner.exitCode;
  learner.kill(signal);
  const [code] = await once(learner, "exit");
  return code as number | null;
}

async function connect() {
  const actor = await new GrpcTransport({ host: "127.0.0.1", port }).createActor();
  await actor.ready(PATIENCE_S);
  return actor;
}

async function savedNumbers(): Promise<number[]> {
  const saved = await checkpointStoreOf(config.output_dir!, config).load();
  const { online } = saved.buffers;
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return Array.from({ length: online!.size }, (_, i) => online!.at(i).observation[STATE]![0]!);
}

async function runLog(): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of readRunLog(join(config.output_dir!, "run.jsonl"))) events.push(event);
  return events;
}

describe("a learner process", () => {
  it("saves everything on SIGTERM, and the log says so", async () => {
    const learner = await startLearner();
    const actor = await connect();
    await send(actor, config, 0, 123);
    await actor.flush(PATIENCE_S);
    expect((await actor.waitForWeights(PATIENCE_S)).version).toBeGreaterThanOrEqual(0);
    expect(await end(learner, "SIGTERM")).toBe(0);
    await actor.close(0);
    expect(await savedNumbers()).toEqual(Array.from({ length: 123 }, (_, n) => n));
    const events = await runLog();
    expect(events[0]).toMatchObject({ type: "run_started", resumed_from: null });
    expect(events.at(-1)).toMatchObject({ type: "run_finished", reason: "stopped", interaction_step: 123 });
  });

  it("killed repeatedly and resumed, has every transition once and continues training", async () => {
    const random = new Random(5);
    let learner = await startLearner();
    const actor = await connect();
    let sent = 0;
    let sending = true;
    const stream = (async () => {
      while (sending) {
        await send(actor, config, sent, 5);
        sent += 5;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    })();
    let { publisher } = await actor.waitForWeights(PATIENCE_S);
    for (let kill = 0; kill < 2; kill++) {
      await new Promise((resolve) => setTimeout(resolve, 300 + random.integer(1500)));
      await end(learner, "SIGKILL");
      learner = await startLearner("--resume=true");
      let weights = await actor.waitForWeights(PATIENCE_S);
      while (weights.publisher === publisher) weights = await actor.waitForWeights(PATIENCE_S);
      ({ publisher } = weights);
      const newer = await actor.waitForWeights(PATIENCE_S);
      expect(newer.version, "training continues").toBeGreaterThan(weights.version);
    }
    sending = false;
    await stream;
    await actor.flush(PATIENCE_S);
    expect(await end(learner, "SIGTERM")).toBe(0);
    await actor.close(0);
    expect(sent).toBeGreaterThan(100);
    expect(await savedNumbers()).toEqual(Array.from({ length: sent }, (_, n) => n));
    const resumed = (await runLog()).filter((event) => event.type === "run_started");
    expect(resumed.map(({ resumed_from }) => resumed_from === null)).toEqual([true, false, false]);
    expect(new Set(resumed.map(({ run_id }) => run_id)).size).toBe(1);
  });
});
