/** Conformance tests of recovery: either side restarts, and every transition still arrives exactly once. */
import { expect, test } from "vitest";
import { Bench, eventually, type MakeTransport, numbered, PATIENCE_S, RecordingLearner, range } from "./harness.ts";

export function recoveryTests(make: MakeTransport): void {
  const withBench = (body: (bench: Bench) => Promise<void>) => () => Bench.run(make, body);

  test(
    "an actor can start long before its learner",
    withBench(async (bench) => {
      const actor = await bench.actor();
      for (const number of range(0, 9)) await actor.sendTransition(numbered(number));
      const recording = new RecordingLearner();
      await bench.learner(recording);
      await actor.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual(range(0, 9));
    }),
  );

  test(
    "a learner that restarts with its state receives nothing twice and misses nothing",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      const actor = await bench.actor();
      let state: unknown;
      let next = 0;
      for (let restart = 0; restart < 4; restart++) {
        const learner = await bench.learner(recording, { state });
        const end = next + 50;
        while (next < end) await actor.sendTransition(numbered(next++));
        await eventually("the first transitions", () => recording.transitions.length > end - 50);
        await learner.close();
        state = JSON.parse(JSON.stringify(learner.state()));
      }
      await bench.learner(recording, { state });
      await actor.flush(PATIENCE_S);
      expect(recording.numbers()).toEqual(range(0, next - 1));
      expect(actor.metrics().connections).toBeGreaterThanOrEqual(4);
    }),
  );

  test(
    "with checkpoint acknowledgements, a learner restored from a checkpoint receives everything since then again",
    withBench(async (bench) => {
      const actor = await bench.actor();
      const first = new RecordingLearner({ acknowledgeWhen: "checkpoint" });
      const learner = await bench.learner(first);
      for (const number of range(0, 29)) await actor.sendTransition(numbered(number));
      await actor.flush(PATIENCE_S);
      expect(actor.metrics().transitions).toMatchObject({ records: 30, received: 30, durable: 0 });
      const checkpoint = await learner.capture((state) => ({ state, numbers: first.numbers() }));
      learner.acknowledge(checkpoint.state);
      await eventually("the acknowledgement", () => actor.metrics().transitions.records === 0);
      for (const number of range(30, 59)) await actor.sendTransition(numbered(number));
      await actor.flush(PATIENCE_S);
      await learner.close();

      const second = new RecordingLearner({ acknowledgeWhen: "checkpoint" });
      await bench.learner(second, { state: checkpoint.state });
      await actor.sendTransition(numbered(60));
      await actor.flush(PATIENCE_S);
      expect([...checkpoint.numbers, ...second.numbers()]).toEqual(range(0, 60));
    }),
  );

  test(
    "a learner without the state of its predecessor reports the missing records",
    withBench(async (bench) => {
      const actor = await bench.actor();
      const learner = await bench.learner(new RecordingLearner());
      for (const number of range(0, 9)) await actor.sendTransition(numbered(number));
      await actor.flush(PATIENCE_S);
      await eventually("the acknowledgement", () => actor.metrics().transitions.records === 0);
      await learner.close();

      const second = new RecordingLearner();
      const restarted = await bench.learner(second);
      await actor.sendTransition(numbered(10));
      await actor.flush(PATIENCE_S);
      expect(second.numbers()).toEqual([10]);
      expect(restarted.metrics().transitions.missing).toBe(10);
      expect(second.events.find(({ code }) => code === "records-missing")?.message).toContain("10 records");
    }),
  );

  test(
    "closing sends the last records, even while they are being written to the outbox folder",
    withBench(async (bench) => {
      const recording = new RecordingLearner();
      await bench.learner(recording);
      const actor = await bench.actor({ outbox: { directory: await bench.folder() } });
      await actor.sendTransition(numbered(0));
      const sending = range(1, 20).map((number) => actor.sendTransition(numbered(number)));
      expect(await actor.close(PATIENCE_S)).toEqual({ unsent: 0 });
      expect(recording.numbers()).toEqual(range(0, 20));
      await Promise.all(sending);
    }),
  );

  test(
    "an actor that restarts on its outbox folder sends its predecessor's remaining records",
    withBench(async (bench) => {
      const directory = await bench.folder();
      const first = await bench.actor({ outbox: { directory } });
      for (const number of range(0, 19)) await first.sendTransition(numbered(number));
      expect(await first.close(0)).toEqual({ unsent: 20 });

      const recording = new RecordingLearner();
      await bench.learner(recording);
      const second = await bench.actor({ outbox: { directory } });
      expect(second.session).toBe(first.session);
      await second.sendTransition(numbered(20));
      await second.flush(PATIENCE_S);
      expect(recording.transitions.map(({ id }) => id.sequence)).toEqual(range(1, 21));
      expect(recording.numbers()).toEqual(range(0, 20));
    }),
  );

  test(
    "an outbox folder serves one actor at a time",
    withBench(async (bench) => {
      const directory = await bench.folder();
      const actor = await bench.actor({ outbox: { directory } });
      await actor.close(0);
      await (await bench.actor({ outbox: { directory } })).close(0);
    }),
  );

  test(
    "records of one run never enter another run's learner",
    withBench(async (bench) => {
      const directory = await bench.folder();
      const recording = new RecordingLearner({ runId: "run-1", acknowledgeWhen: "checkpoint" });
      const learner = await bench.learner(recording);
      const first = await bench.actor({ outbox: { directory } });
      await first.sendTransition(numbered(0));
      await first.flush(PATIENCE_S);
      await first.close(0);
      await learner.close();

      const other = new RecordingLearner({ runId: "run-2" });
      await bench.learner(other);
      const second = await bench.actor({ outbox: { directory } });
      await expect(second.ready(PATIENCE_S)).rejects.toMatchObject({ code: "wrong-run", message: /run-1.*run-2/ });
      expect(other.numbers()).toEqual([]);
    }),
  );

  test(
    "an actor whose outbox is older than the learner's state stops, instead of losing transitions",
    withBench(async (bench) => {
      const directory = await bench.folder();
      const actor = await bench.actor({ outbox: { directory } });
      const session = actor.session;
      await bench.learner(new RecordingLearner(), {
        state: { version: 1, transitions: { [session]: 100 }, interactions: {} },
      });
      await expect(actor.flush(PATIENCE_S).then(() => actor.sendTransition(numbered(0)))).resolves.toBeDefined();
      await expect(actor.flush(PATIENCE_S)).rejects.toMatchObject({ code: "outbox" });
    }),
  );

  test(
    "an invalid state is refused with the reason",
    withBench(async (bench) => {
      const state = { version: 1, transitions: { robot: -1 }, interactions: {} };
      await expect(bench.learner(new RecordingLearner(), { state })).rejects.toThrow(/transitions.robot/);
    }),
  );
}
