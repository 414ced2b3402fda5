/** Conformance tests of weights: actors receive the newest, complete, and never older ones of the same learner. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Bench, eventually, type MakeTransport, PATIENCE_S, pause, RecordingLearner, range } from "./harness.ts";

const weights = (version: number, bytes = 1000) => ({
  version,
  safetensors: new Uint8Array(bytes).fill(version % 256),
  metadata: { step: String(10 * version) },
});

export function weightsTests(make: MakeTransport): void {
  const withBench = (body: (bench: Bench) => Promise<void>) => () => Bench.run(make, body);

  test(
    "weights arrive complete with version and metadata, are taken once, and are owned by the actor",
    withBench(async (bench) => {
      const learner = await bench.learner(new RecordingLearner());
      const actors = [await bench.actor(), await bench.actor()];
      const sent = weights(3, 5_000_000);
      learner.publishWeights(sent);
      for (const actor of actors) {
        const received = await actor.waitForWeights(PATIENCE_S);
        expect(received).toMatchObject({ version: 3, metadata: { step: "30" } });
        expect(Buffer.from(received.safetensors).equals(sent.safetensors)).toBe(true);
        received.safetensors.fill(0);
        expect(actor.takeWeights()).toBeUndefined();
        expect(actor.metrics().weightsVersion).toBe(3);
      }
    }),
  );

  test(
    "an actor that connects later receives only the newest weights",
    withBench(async (bench) => {
      const learner = await bench.learner(new RecordingLearner());
      for (const version of range(0, 9)) learner.publishWeights(weights(version));
      const actor = await bench.actor();
      expect((await actor.waitForWeights(PATIENCE_S)).version).toBe(9);
      await expect(actor.waitForWeights(0.1)).rejects.toMatchObject({ code: "deadline" });
    }),
  );

  test(
    "an actor that does not poll for a while skips versions, and never goes back",
    withBench(async (bench) => {
      const learner = await bench.learner(new RecordingLearner());
      const actor = await bench.actor();
      await actor.ready(PATIENCE_S);
      const seen: number[] = [];
      for (const version of range(1, 200)) {
        learner.publishWeights(weights(version, 100_000));
        if (version % 20 === 0) await pause(0.01);
        const received = actor.takeWeights();
        if (received !== undefined) seen.push(received.version);
      }
      await eventually("the last version", () => actor.metrics().weightsVersion === 200);
      seen.push(actor.takeWeights()?.version ?? 200);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen.at(-1)).toBe(200);
      expect(seen.length).toBeLessThan(200);
    }),
  );

  test(
    "the weights of a restarted learner replace those of its predecessor, even with a lower version",
    withBench(async (bench) => {
      const actor = await bench.actor();
      const first = await bench.learner(new RecordingLearner());
      first.publishWeights(weights(50));
      expect((await actor.waitForWeights(PATIENCE_S)).version).toBe(50);
      await first.close();
      const second = await bench.learner(new RecordingLearner());
      second.publishWeights(weights(40));
      expect((await actor.waitForWeights(PATIENCE_S)).version).toBe(40);
    }),
  );

  test(
    "weights that never change arrive with the others, to every actor and on every connection, if the learner takes them apart",
    withBench(async (bench) => {
      const first = await bench.learner(new RecordingLearner());
      if (first.takesFrozenWeights !== true) return;
      const bytes = new Uint8Array(3_000_000).fill(5);
      const frozen = { sha256: createHash("sha256").update(bytes).digest("hex"), safetensors: bytes };
      const actor = await bench.actor();
      const arrives = async (version: number, at: typeof actor) => {
        const received = await at.waitForWeights(PATIENCE_S);
        expect(received.version).toBe(version);
        expect(Buffer.from(received.frozen!.safetensors).equals(bytes)).toBe(true);
        expect(received.frozen!.sha256).toBe(frozen.sha256);
      };
      for (const version of [1, 2]) {
        first.publishWeights({ ...weights(version), frozen });
        await arrives(version, actor);
      }
      const later = await bench.actor();
      await arrives(2, later);
      await first.close();
      const second = await bench.learner(new RecordingLearner());
      second.publishWeights({ ...weights(1), frozen });
      for (const each of [actor, later]) await arrives(1, each);
      second.publishWeights(weights(2));
      expect((await actor.waitForWeights(PATIENCE_S)).frozen).toBeUndefined();
    }),
  );

  test(
    "versions must increase",
    withBench(async (bench) => {
      const learner = await bench.learner(new RecordingLearner());
      learner.publishWeights(weights(5));
      expect(() => learner.publishWeights(weights(5))).toThrow("must be above 5");
    }),
  );
}
