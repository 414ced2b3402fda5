/** Hostile frames: none crashes the learner or makes it grow, and each is refused with a reason. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Random } from "../../src/tensor/random.ts";
import { numbered, PATIENCE_S, RecordingLearner } from "../../src/transport/conformance/harness.ts";
import { GrpcTransport, type LearnerEndpoint } from "../../src/transport/index.ts";
import { fuzzLearner, sendGarbage } from "./fuzz_learner.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const FRAMES = 6000;
const recording = new RecordingLearner();
let learner: LearnerEndpoint;
let port: number;

beforeAll(async () => {
  learner = await new GrpcTransport({ host: "127.0.0.1", port: 0, token: TOKEN }).createLearner(recording.options);
  port = Number(learner.address.split(":")[1]);
});
afterAll(() => learner.close());

describe("a fuzzed learner", () => {
  it(`refuses each of ${FRAMES} hostile frames with a reason, takes nothing, and does not grow`, async () => {
    await fuzzLearner({ port, token: TOKEN, frames: FRAMES / 4, seed: 1 });
    const before = process.memoryUsage();
    const report = await fuzzLearner({ port, token: TOKEN, frames: FRAMES, seed: 2 });
    const after = process.memoryUsage();
    expect(report.wrong).toEqual([]);
    expect(report.frames).toBeGreaterThanOrEqual(FRAMES);
    expect(recording.transitions).toEqual([]);
    expect(recording.interactions).toEqual([]);
    expect(learner.state()).toEqual({ version: 1, transitions: {}, interactions: {} });
    expect(learner.metrics().transitions.streams).toBe(0);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(60e6);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(60e6);
    // The log was not flooded: a few reasons, each at most once a second.
    expect(recording.events.length).toBeLessThan(report.streams / 10);
  });

  it("survives connections that do not speak HTTP/2, or stop in the middle of it", async () => {
    const random = new Random(3);
    const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const garbage = Array.from({ length: 30 }, () =>
      Uint8Array.from({ length: 1 + random.integer(2000) }, () => random.integer(256)),
    );
    await Promise.all(garbage.map((bytes) => sendGarbage(port, bytes)));
    await Promise.all(garbage.map((bytes) => sendGarbage(port, Buffer.concat([preface, bytes]))));
    await sendGarbage(port, Buffer.from("GET / HTTP/1.1\r\nHost: learner\r\n\r\n"));
  });

  it("still serves a real actor afterwards", async () => {
    const actor = await new GrpcTransport({ host: "127.0.0.1", port, token: TOKEN }).createActor();
    await actor.sendTransition(numbered(1));
    await actor.flush(PATIENCE_S);
    expect(recording.numbers()).toEqual([1]);
    await actor.close();
  });
});
