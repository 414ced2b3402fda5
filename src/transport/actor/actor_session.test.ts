import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import type { TransportEvent } from "../events.ts";
import { LearnerProtocol } from "../learner/learner_protocol.ts";
import type { Connect, WeightsRequest } from "../link.ts";
import { resolveSettings } from "../settings.ts";
import { ActorSession } from "./actor_session.ts";

it("requests weights again after their bytes changed in transit, and reports it once", async () => {
  const settings = resolveSettings({ maxReconnectDelayS: 0.1 });
  const core = new LearnerProtocol({ onTransitions: () => {} }, settings);
  core.publishWeights({ version: 1, safetensors: new Uint8Array(1000).fill(7) });
  let broken = 0;
  const receiveWeights = async function* (request: WeightsRequest, signal: AbortSignal) {
    for await (const { encoded } of core.serveWeights(request, signal)) {
      const copy = new Uint8Array(encoded);
      if (broken++ < 3) copy[copy.length - 100]! ^= 1;
      yield copy;
    }
  };
  const connect: Connect = async () => ({
    runId: "",
    maxMessageBytes: settings.maxMessageBytes,
    sendRecords: (kind, opening, batches, signal) => core.serveRecords(kind, opening, batches, signal),
    receiveWeights,
    close: () => {},
  });
  const events: TransportEvent[] = [];
  const actor = await ActorSession.start(connect, { onEvent: (event) => void events.push(event) }, settings);
  const received = await actor.waitForWeights(30);
  expect([received.version, received.safetensors.every((byte) => byte === 7)]).toEqual([1, true]);
  expect(actor.metrics().connections).toBe(4);
  expect(events.filter(({ level }) => level !== "info").map(({ message }) => message)).toEqual([
    "lost the learner: weights version 1 fail their checksum",
  ]);
  await actor.close(0);
  await core.close();
});

it("never hands out weights without their frozen part: it connects again, and asks for it", async () => {
  const settings = resolveSettings({ maxReconnectDelayS: 0.1 });
  const core = new LearnerProtocol({ onTransitions: () => {} }, settings);
  const bytes = new Uint8Array(1000).fill(3);
  const frozen = { sha256: createHash("sha256").update(bytes).digest("hex"), safetensors: bytes };
  core.publishWeights({ version: 1, safetensors: new Uint8Array(100).fill(7), frozen });
  const asked: (string | undefined)[] = [];
  const receiveWeights = async function* (request: WeightsRequest, signal: AbortSignal) {
    // A learner that is mistaken about what the actor holds.
    const heldFrozen = asked.push(request.heldFrozen) === 1 ? frozen.sha256 : request.heldFrozen;
    for await (const { encoded } of core.serveWeights({ ...request, heldFrozen }, signal)) yield encoded;
  };
  const connect: Connect = async () => ({
    runId: "",
    maxMessageBytes: settings.maxMessageBytes,
    sendRecords: (kind, opening, batches, signal) => core.serveRecords(kind, opening, batches, signal),
    receiveWeights,
    close: () => {},
  });
  const actor = await ActorSession.start(connect, {}, settings);
  const received = await actor.waitForWeights(30);
  expect(received.frozen).toEqual(frozen);
  expect(asked).toEqual(["", ""]);
  await actor.close(0);
  await core.close();
});
