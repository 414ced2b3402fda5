/** Network faults over real sockets: a dead connection, and a learner that is slow for a long time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  eventually,
  numbered,
  PATIENCE_S,
  pause,
  RecordingLearner,
  range,
} from "../../src/transport/conformance/harness.ts";
import { GrpcTransport } from "../../src/transport/index.ts";
import { Stopwatch } from "../dashboard/stopwatch.ts";
import { TcpProxy } from "./tcp_proxy.ts";

const loopback = (port: number) => ({ host: "127.0.0.1", port });
const portOf = (learner: { address: string }) => Number(learner.address.split(":")[1]);

describe("a black-holed connection", () => {
  it("is noticed, replaced within 5 s of the network's return, and loses or doubles nothing", async () => {
    const recording = new RecordingLearner();
    const learner = await new GrpcTransport(loopback(0)).createLearner(recording.options);
    const proxy = await TcpProxy.start(portOf(learner));
    const actor = await new GrpcTransport(loopback(proxy.port)).createActor();
    let sent = 0;
    let stopping = false;
    const sending = (async () => {
      while (!stopping) {
        await actor.sendTransition(numbered(sent++, 200));
        await pause(0.002);
      }
    })();
    await eventually("the first transitions", () => recording.transitions.length > 20);

    proxy.blackHole = true;
    await eventually("the loss to be noticed", () => !actor.metrics().connected);
    // Long enough for attempts that connect to nothing.
    await pause(3);
    expect(actor.metrics().connected).toBe(false);
    const taken = recording.transitions.length;
    proxy.blackHole = false;
    const stopwatch = new Stopwatch();
    learner.publishWeights({ version: 1, safetensors: new Uint8Array(100) });
    await eventually("new transitions", () => recording.transitions.length > taken);
    expect(stopwatch.stop()).toBeLessThan(5000);
    expect((await actor.waitForWeights(PATIENCE_S)).version).toBe(1);

    stopping = true;
    await sending;
    await actor.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual(range(0, sent - 1));
    await actor.close(1);
    await learner.close();
    await proxy.close();
  });
});

describe("a slow learner", () => {
  it("keeps memory bounded on both sides: unsent records wait on disk, and the metrics show it", async () => {
    const directory = mkdtempSync(join(tmpdir(), "handrail-slow-"));
    let slow = true;
    let taken = 0;
    const learner = await new GrpcTransport(loopback(0)).createLearner({
      onTransitions: async (batch) => {
        if (slow) await pause(0.2);
        taken += batch.length;
      },
    });
    const actor = await new GrpcTransport(loopback(portOf(learner))).createActor({
      outbox: { directory, memoryBytes: 2e6, diskBytes: 2e8 },
    });
    await actor.ready(PATIENCE_S);
    global.gc?.();
    const before = process.memoryUsage();
    const image = numbered(0, 100_000);
    for (let i = 0; i < 1500; i++) await actor.sendTransition(image);
    const { transitions } = actor.metrics();
    const after = process.memoryUsage();
    // 150 MB were sent into an outbox of 2 MB; both sides live in this process.
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(80e6);
    expect(transitions.memoryBytes).toBeLessThanOrEqual(2e6);
    expect(transitions.diskBytes).toBeGreaterThan(50e6);
    expect(transitions.fill).toBeGreaterThan(0.3);
    expect(learner.metrics().transitions.handlerS).toBeGreaterThan(0);
    expect(taken).toBeLessThan(1000);
    slow = false;
    await actor.flush(PATIENCE_S);
    expect(taken).toBe(1500);
    await actor.close(1);
    await learner.close();
    rmSync(directory, { recursive: true });
  });
});
