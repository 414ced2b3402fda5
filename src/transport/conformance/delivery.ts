/** Conformance tests of delivery, also with a slow, refusing or failing learner. */
import { expect, test } from "vitest";
import { TransportError } from "../errors.ts";
import {
  Bench,
  eventually,
  type MakeTransport,
  numbered,
  numbersOf,
  PATIENCE_S,
  pause,
  RecordingLearner,
  range,
} from "./harness.ts";

export function deliveryTests(make: MakeTransport): void {
  const withBench = (body: (bench: Bench) => Promise<void>) => () => Bench.run(make, body);

  test(
    "transitions and episode reports arrive unchanged, once, in order, with their ids",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      await bench.learner(recording);
      const actor = await bench.actor();
      const ids = await Promise.all(range(0, 49).map((number) => actor.sendTransition(numbered(number, 1000))));
      const report = { scalars: { "episode/return": 1 }, metadata: { task: "pick" } };
      const reportId = await actor.sendInteraction(report);
      await actor.flush(PATIENCE_S);
      expect(recording.transitions.map(({ id }) => id)).toEqual(ids);
      expect(ids).toEqual(range(1, 50).map((sequence) => ({ session: actor.session, sequence })));
      for (const [number, received] of recording.transitions.entries()) {
        const sent = numbered(number, 1000);
        expect({ ...received.tensors }).toEqual(sent.tensors);
        expect({ ...received.scalars }).toEqual(sent.scalars);
        expect({ ...received.metadata }).toEqual(sent.metadata);
      }
      expect(recording.interactions.map(({ id }) => id)).toEqual([reportId]);
      expect({ ...recording.interactions[0]!.scalars }).toEqual(report.scalars);
    }),
  );

  test(
    "a transition larger than a batch and a frame arrives complete",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      await bench.learner(recording);
      const actor = await bench.actor();
      await actor.sendTransition(numbered(7, 5_000_000));
      await actor.flush(PATIENCE_S);
      const image = recording.transitions[0]!.tensors["state.observation.images.front"]!;
      expect(Buffer.from(image.data.buffer).equals(new Uint8Array(5_000_000).fill(7))).toBe(true);
    }),
  );

  test(
    "a transition over the size limit is refused at the sender, and the next one is delivered",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      await bench.learner(recording);
      const actor = await bench.actor();
      await expect(actor.sendTransition(numbered(0, 2 ** 24))).rejects.toMatchObject({ code: "too-large" });
      await actor.sendTransition(numbered(1));
      await actor.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual([1]);
    }),
  );

  test(
    "eight actors at once keep their own order and ids",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      const learner = await bench.learner(recording);
      const actors = await Promise.all(range(1, 8).map(() => bench.actor()));
      await Promise.all(
        actors.map(async (actor, index) => {
          for (const number of range(0, 99)) await actor.sendTransition(numbered(1000 * index + number));
          await actor.flush(PATIENCE_S);
        }),
      );
      expect(new Set(actors.map(({ session }) => session)).size).toBe(8);
      for (const [index, { session }] of actors.entries()) {
        expect(recording.numbers(session)).toEqual(range(1000 * index, 1000 * index + 99));
      }
      expect(learner.metrics().transitions).toMatchObject({ taken: 800, duplicates: 0, missing: 0, streams: 8 });
    }),
  );

  test(
    "a slow learner makes the actor wait: queues stay bounded, and the metrics show the pressure",
    withBench(async (bench) => {
      let release = () => {};
      const gate = new Promise<void>((resolve) => {
        release = resolve;
      });
      const recording = new RecordingLearner();
      const learner = await bench.learner(recording, {
        onTransitions: async (batch) => {
          await gate;
          recording.transitions.push(...batch);
        },
      });
      const actor = await bench.actor({ outbox: { memoryBytes: 200_000 }, sendDeadlineS: 0.2 });
      await actor.ready(PATIENCE_S);
      let sent = 0;
      const flood = async () => {
        for (;;) {
          await actor.sendTransition(numbered(sent, 10_000));
          sent++;
        }
      };
      await expect(flood()).rejects.toMatchObject({ code: "outbox-full" });
      const { transitions } = actor.metrics();
      expect(transitions.memoryBytes).toBeLessThanOrEqual(200_000);
      expect(transitions.fill).toBeGreaterThan(0.9);
      expect(transitions.blockedS).toBeGreaterThan(0.1);
      expect(learner.metrics().transitions.pendingBytes).toBeGreaterThan(0);
      release();
      await actor.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual(range(0, sent - 1));
      expect(actor.metrics().transitions.fill).toBe(0);
    }),
  );

  test(
    "a failing handler receives the same transitions again, and none twice",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      let calls = 0;
      await bench.learner(recording, {
        onTransitions: (batch) => {
          calls++;
          if (calls % 2 === 1) throw new Error("the buffer is being saved");
          recording.transitions.push(...batch);
        },
      });
      const actor = await bench.actor();
      for (const number of range(0, 4)) {
        await actor.sendTransition(numbered(number));
        await actor.flush(PATIENCE_S);
      }
      expect(recording.numbers()).toEqual(range(0, 4));
      expect(recording.events.map(({ code }) => code)).toContain("handler-failed");
    }),
  );

  test(
    "a refusing handler stops only that actor, with the reason",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      const learner = await bench.learner(recording, {
        onTransitions: (batch) => {
          if (numbersOf(batch).includes(666)) throw new TransportError("refused", "action has 4 elements, not 3");
          recording.transitions.push(...batch);
        },
      });
      const [bad, good] = [await bench.actor(), await bench.actor()];
      await bad.sendTransition(numbered(666));
      await expect(bad.flush(PATIENCE_S)).rejects.toMatchObject({ code: "refused", message: /action has 4 elements/ });
      expect(bad.status).toBe("failed");
      await expect(bad.sendTransition(numbered(1))).rejects.toMatchObject({ code: "refused" });
      await good.sendTransition(numbered(1));
      await good.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual([1]);
      expect(learner.metrics().refused.refused).toBeGreaterThanOrEqual(1);
    }),
  );

  test(
    "a capture sees only complete batches, and arrivals wait for it",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      const learner = await bench.learner(recording, {
        onTransitions: async (batch) => {
          for (const transition of batch) {
            await pause(0.001);
            recording.transitions.push(transition);
          }
        },
      });
      const actor = await bench.actor();
      const sending = (async () => {
        for (const number of range(0, 199)) await actor.sendTransition(numbered(number));
      })();
      for (let round = 0; round < 10; round++) {
        await learner.capture(async (state) => {
          const count = recording.transitions.length;
          await pause(0.01);
          expect(recording.transitions.length).toBe(count);
          expect(state.transitions[actor.session] ?? 0).toBe(count);
        });
        await pause(0.01);
      }
      await sending;
      await actor.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual(range(0, 199));
    }),
  );

  test(
    "every wait has its deadline",
    withBench(async (bench) => {
      const actor = await bench.actor();
      await actor.sendTransition(numbered(0));
      await expect(actor.ready(0.1)).rejects.toMatchObject({ code: "deadline" });
      await expect(actor.flush(0.1)).rejects.toMatchObject({ code: "deadline" });
      await expect(actor.waitForWeights(0.1)).rejects.toMatchObject({ code: "deadline" });
      expect(actor.metrics().disconnectedS).toBeGreaterThan(0.2);
      expect(await actor.close(0.1)).toEqual({ unsent: 1 });
      await expect(actor.sendTransition(numbered(1))).rejects.toMatchObject({ code: "closed" });
    }),
  );

  test(
    "closing waits for sent records",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      const learner = await bench.learner(recording);
      const actor = await bench.actor();
      for (const number of range(0, 99)) await actor.sendTransition(numbered(number));
      expect(await actor.close(PATIENCE_S)).toEqual({ unsent: 0 });
      expect(recording.numbers()).toEqual(range(0, 99));
      await eventually("the stream's end", () => learner.metrics().transitions.streams === 0);
    }),
  );
}
