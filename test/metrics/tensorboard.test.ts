import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTensorBoardLog, type RunEvent, RunEvents } from "../../src/metrics/index.ts";
import { actor, checkpoint, episode, evaluation, learner, notice, started, training } from "./events.ts";
import { type ReadEvent, readEventFile } from "./read_event_file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-tensorboard-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function logged(written: readonly RunEvent[], history: readonly RunEvent[] = []): Promise<ReadEvent[]> {
  const events = new RunEvents();
  const log = await openTensorBoardLog(folder, events, { history });
  for (const event of written) events.emit(event);
  await log.close();
  return readEventFile(await readFile(log.path));
}

const scalars = (events: readonly ReadEvent[]) =>
  events.flatMap(({ step, values }) => values.map(({ tag, value }) => [tag, step, value] as const));

describe("a TensorBoard event file", () => {
  it("begins with the version that readers require, under a name that they find", async () => {
    const [head] = await logged([]);
    expect(head).toMatchObject({ fileVersion: "brain.Event:2", step: 0, values: [] });
    expect(Math.abs(head!.timeS - Date.now() / 1000)).toBeLessThan(60);
    expect(await readdir(folder)).toEqual([expect.stringMatching(/^events\.out\.tfevents\.\d{10}\./)]);
  });

  it("has an event's scalars at its time and environment step", async () => {
    const [, event] = await logged([
      training({ interaction_step: 70_000, metrics: { loss_critic: 0.5, entropy: -2 } }),
    ]);
    expect(event).toMatchObject({ timeS: training().time_s, step: 70_000 });
    expect(scalars([event!])).toEqual([
      ["training/loss_critic", 70_000, 0.5],
      ["training/entropy", 70_000, -2],
    ]);
  });

  it("counts updates in a run without actors, and goes on from the update that it is resumed at", async () => {
    const none = { interaction_step: 0 };
    const metrics = { loss: 1 };
    const events = await logged([
      started({ offline_step: 0 }),
      training({ ...none, step: 20, metrics }),
      evaluation(none),
      started({ offline_step: 10 }),
      training({ ...none, step: 15, metrics }),
    ]);
    const steps = scalars(events).filter(([tag]) => ["training/loss", "evaluation/success_rate"].includes(tag));
    expect(steps.map(([tag, step]) => [tag, step])).toEqual([
      ["training/loss", 20],
      ["evaluation/success_rate", 20],
      ["training/loss", 15],
    ]);
    expect(events.filter(({ values }) => values.length === 0).map(({ step }) => step)).toEqual([0, 1, 11]);
  });

  it("names actors in their tags", async () => {
    const events = await logged([actor({ actor: "left" }), actor({ actor: "right", control_jitter_p99_ms: 8 })]);
    expect(scalars(events)).toContainEqual(["actor/left/control_jitter_p99_ms", 10, 4]);
    expect(scalars(events)).toContainEqual(["actor/right/control_jitter_p99_ms", 10, 8]);
  });

  it("has the scalars of learner, evaluations and checkpoints, and none of a notice", async () => {
    const events = await logged([learner(), notice(), evaluation(), checkpoint()]);
    expect(events).toHaveLength(1 + 3);
    expect(scalars(events)).toContainEqual(["learner/updates_per_s", 10, 100]);
    expect(scalars(events)).toContainEqual(["evaluation/success_rate", 10, 0.5]);
    expect(scalars(events)).toContainEqual(["checkpoint/duration_s", 10, 0.5]);
  });

  it("describes a tag at its first value only, as a scalar", async () => {
    const [, first, second] = await logged([episode(), episode()]);
    const lengthIn = (event: ReadEvent) => event.values.find(({ tag }) => tag === "episode/length");
    expect(lengthIn(first!)).toMatchObject({ plugin: "scalars", description: "Control steps of an episode" });
    expect(lengthIn(second!)).toEqual({ tag: "episode/length", value: 10 });
  });

  it("keeps autonomous and assisted results apart", async () => {
    const events = await logged([episode({ intervention_steps: 5 }), episode({ outcome: "failure" })]);
    expect(scalars(events).filter(([tag]) => tag.startsWith("episode/a"))).toEqual([
      ["episode/assisted_success", 10, 1],
      ["episode/autonomous_share", 10, 0],
      ["episode/autonomous_success", 10, 0],
      ["episode/assisted_success", 10, 1],
      ["episode/autonomous_share", 10, 0.5],
    ]);
  });

  it("applies a corrected label to the shares, and writes the episode only once", async () => {
    const events = await logged([episode(), episode({ outcome: "failure", correction: true })]);
    expect(scalars(events).filter(([tag]) => tag === "episode/return")).toHaveLength(1);
    const success = scalars(events).filter(([tag]) => tag === "episode/autonomous_success");
    expect(success.map(([, , value]) => value)).toEqual([1, 0]);
  });

  it("makes readers drop the values that a resumed run repeats, and continues its shares", async () => {
    const before = [episode({ outcome: "failure", interaction_step: 5 }), episode({ interaction_step: 30 })];
    const resumed = started({ interaction_step: 20, resumed_from: "checkpoints/000040" });
    const events = await logged([resumed, episode({ interaction_step: 25 })], before);
    const SESSION_START = 1;
    expect(events[1]).toMatchObject({ sessionStatus: SESSION_START, step: 21 });
    expect(scalars(events)).toContainEqual(["episode/autonomous_success", 25, 0.5]);
  });

  it("accepts values that are not finite or too large for it", async () => {
    const metrics = { a: Number.NaN, b: Number.NEGATIVE_INFINITY, c: 1e300 };
    const values = scalars(await logged([training({ metrics })])).map(([, , value]) => value);
    expect(values).toEqual([Number.NaN, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });
});
