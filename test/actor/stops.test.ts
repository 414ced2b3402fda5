/** Reasons for the robot to stand still (lost learner, stale weights, people, full outbox), and how it resumes. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import type { ActorSummary } from "../../src/rollout/actor/actor_options.ts";
import { NO_EVENTS } from "../../src/teleoperators/teleoperator.ts";
import { until } from "../until.ts";
import { otherPolicy, type Rig, type RigOptions, rig, smallConfig } from "./acting.ts";

const FOREVER = "--policy.online_steps=1000000";
const FIFTY_HZ = ["--env.fps=50", "--handrail.pacing=real_time"];

const rigs: Rig[] = [];
const runs: Promise<ActorSummary>[] = [];
afterEach(async () => {
  for (const { actor } of rigs) actor.stop();
  await Promise.allSettled(runs.splice(0));
  for (const each of rigs.splice(0)) await each.stop();
});

async function running(options: RigOptions = {}): Promise<Rig & { readonly summary: Promise<ActorSummary> }> {
  const made = await rig({ ...options, overrides: [FOREVER, ...(options.overrides ?? [])] });
  rigs.push(made);
  const summary = made.actor.run();
  runs.push(summary);
  await until(() => made.actor.interactionStep > 0, "the first step");
  return { ...made, summary };
}

/** Steps taken while nothing is supposed to happen, after one that was under way. */
async function stepsWithin(ms: number, { actor }: Rig): Promise<number> {
  await sleep(30);
  const before = actor.interactionStep;
  await sleep(ms);
  return actor.interactionStep - before;
}

test("without its learner the robot holds, says so once, reconnects and continues; nothing is lost", async () => {
  const watched = await running({ overrides: [...FIFTY_HZ, "--handrail.watchdog.max_disconnected_s=0.3"] });
  const { actor, learner, notices } = watched;
  const lost = learner.endpoint;
  await lost.close();
  await until(() => actor.state === "holding", "the watchdog");
  expect(await stepsWithin(300, watched)).toBe(0);
  await learner.start({ state: lost.state() });
  learner.publish(otherPolicy(await smallConfig(), 3));
  await until(() => actor.state === "running", "the reconnection");
  const resumedAt = actor.interactionStep;
  await until(() => actor.interactionStep > resumedAt + 10, "more steps");
  actor.stop();
  const { steps } = await watched.summary;
  await until(() => learner.transitions.length >= steps, "the learner");
  expect(learner.transitions.map(({ sequence }) => sequence)).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
  expect(learner.episodes.map(({ outcome }) => outcome)).toContain("terminated");
  expect(notices()).toEqual([
    expect.stringMatching(/^error: no learner for \d\.\d s \(limit 0.3 s\): the robot holds its position$/),
    "info: the learner is back: the robot moves again",
  ]);
});

test('with "continue" a lost learner stops nothing but is reported', async () => {
  const watched = await running({
    overrides: ["--handrail.watchdog.max_disconnected_s=0.1", "--handrail.watchdog.behaviour=continue"],
  });
  await watched.learner.endpoint.close();
  await until(() => watched.notices().length > 0, "the notice");
  expect(await stepsWithin(100, watched)).toBeGreaterThan(0);
  expect(watched.notices()).toEqual([expect.stringContaining("the robot CONTINUES with the last policy")]);
});

test("with weights that grow too old the robot holds until new ones come", async () => {
  const watched = await running({ overrides: ["--handrail.watchdog.max_parameters_age_s=0.4"] });
  await until(() => watched.actor.state === "holding", "the watchdog");
  expect(await stepsWithin(200, watched)).toBe(0);
  watched.learner.publish(otherPolicy(await smallConfig(), 4));
  await until(() => watched.actor.state === "running", "the new weights");
});

test("a pause stops the robot in the middle of an episode, which then continues", async () => {
  const watched = await running({ overrides: ["--env.processor.reset.control_time_s=10"] });
  const { actor, learner } = watched;
  actor.pause();
  expect(await stepsWithin(100, watched)).toBe(0);
  expect(actor.state).toBe("paused");
  const pausedAt = actor.interactionStep;
  actor.resume();
  await until(() => learner.episodes.length > 0, "the episode's end");
  expect(learner.episodes[0]).toMatchObject({ episode: 1, episode_length: 100, outcome: "time_limit" });
  expect(pausedAt).toBeLessThan(100);
});

test("transitions that only wait for a checkpoint are not counted as back-pressure", async () => {
  const watched = await running({ overrides: ["--handrail.watchdog.max_disconnected_s=100"] });
  const { actor, learner } = watched;
  await learner.endpoint.close();
  await learner.start({ acknowledgeWhen: "checkpoint", state: learner.endpoint.state() });
  const before = actor.interactionStep;
  await until(() => actor.interactionStep > before + 30, "more steps");
  actor.pause();
  await until(() => learner.transitions.length >= actor.interactionStep, "the learner");
  await until(() => watched.eventsOf("actor").at(-1)?.outbox_records === 0, "a report without back-pressure");
});

test("weights do not age while people keep the robot still", async () => {
  const watched = await running({ overrides: ["--handrail.watchdog.max_parameters_age_s=0.5"] });
  watched.actor.pause();
  await sleep(700);
  watched.actor.resume();
  expect(await stepsWithin(100, watched)).toBeGreaterThan(0);
});

test("the emergency stop ends the episode; after its release the next one begins with a reset", async () => {
  const watched = await running({ overrides: [...FIFTY_HZ, "--env.processor.reset.control_time_s=20"] });
  const { actor, learner } = watched;
  await until(() => actor.interactionStep >= 5, "some steps");
  actor.hold();
  expect(await stepsWithin(200, watched)).toBe(0);
  expect(actor.state).toBe("holding");
  const heldAt = actor.interactionStep;
  actor.release();
  await until(() => learner.episodes.length > 0 && learner.transitions.length > heldAt, "the episode's end");
  expect(learner.episodes[0]).toMatchObject({ episode: 1, episode_length: heldAt, outcome: "terminated" });
  const { observation } = learner.transitions[heldAt]!.transition;
  const home = [0, 0.195, 0, -2.43, 0, 2.62, 0.785];
  expect([...observation["observation.state"]!.slice(0, 7)]).toEqual(home.map((angle) => expect.closeTo(angle, 4)));
});

test("a stop that is released at once still ends the episode", async () => {
  const { actor, learner } = await running({ overrides: ["--env.processor.reset.control_time_s=10"] });
  actor.hold();
  actor.release();
  await until(() => learner.episodes.length > 0, "the episode's end");
  expect(learner.episodes[0]!.outcome).toBe("terminated");
});

test("frequency, jitter and the policy's time are reported once a second", async () => {
  const { eventsOf } = await running({ overrides: FIFTY_HZ });
  // One second in which this machine had time for it is enough.
  const inTime = () =>
    eventsOf("actor")
      .slice(2)
      .find(({ control_frequency_hz: hz, control_jitter_p50_ms: lateMs }) => hz > 40 && hz < 52 && lateMs < 10);
  await until(() => inTime() !== undefined, "a second at 50 Hz");
  const report = inTime()!;
  expect(report.control_jitter_p99_ms).toBeGreaterThanOrEqual(report.control_jitter_p50_ms);
  expect(report.policy_p50_ms).toBeGreaterThan(0);
  expect(report.policy_p99_ms).toBeGreaterThanOrEqual(report.policy_p50_ms);
  expect(report).toMatchObject({ actor: "actor", state: "running", connected: true, parameters_version: 1 });
});

test("a learner that takes nothing makes the robot wait; what was sent stays in order and complete", async () => {
  const made = await rig({
    overrides: [FOREVER],
    endpointOptions: { outbox: { memoryBytes: 20_000 }, sendDeadlineS: 0.3 },
    withLearner: false,
  });
  rigs.push(made);
  const { actor, learner, notices } = made;
  let take: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    take = resolve;
  });
  const sequences: number[] = [];
  await learner.start({
    onTransitions: async (records) => {
      await gate;
      sequences.push(...records.map(({ id }) => id.sequence));
    },
  });
  learner.publish(otherPolicy(await smallConfig(), 1));
  const summary = actor.run();
  await until(() => actor.state === "waiting" && actor.interactionStep > 0, "the full outbox");
  expect(await stepsWithin(200, made)).toBe(0);
  await until(() => notices().some((notice) => notice.startsWith("warn: the robot waits")), "the notice");
  const { outbox_bytes } = await nextReport(made);
  expect(outbox_bytes).toBeLessThanOrEqual(20_000);
  take();
  const stoodAt = actor.interactionStep;
  await until(() => actor.interactionStep > stoodAt + 20, "more steps");
  actor.stop();
  const { steps } = await summary;
  await until(() => sequences.length >= steps, "the learner");
  expect(sequences).toEqual(Array.from({ length: steps }, (_, i) => i + 1));
});

test("with a lower limit of updates per step the robot waits for a learner that is behind", async () => {
  const made = await rig({ overrides: [FOREVER, "--handrail.updates_per_step.min=1"], withLearner: false });
  rigs.push(made);
  const { actor, learner } = made;
  let mayTake = 0;
  let taken = 0;
  await learner.start({
    onTransitions: async (records) => {
      while (taken + records.length > mayTake) await sleep(5);
      taken += records.length;
    },
  });
  learner.publish(otherPolicy(await smallConfig(), 1));
  runs.push(actor.run());
  await until(() => actor.state === "waiting" && actor.interactionStep > 0, "the learner to be too far behind");
  const stoodAt = actor.interactionStep;
  expect(stoodAt).toBeLessThan(25);
  expect(await stepsWithin(200, made)).toBe(0);
  mayTake = Number.POSITIVE_INFINITY;
  await until(() => actor.interactionStep > stoodAt + 20, "more steps");
});

async function nextReport({ eventsOf }: Rig) {
  const before = eventsOf("actor").length;
  await until(() => eventsOf("actor").length > before, "a report");
  return eventsOf("actor").at(-1)!;
}

test("a label can be taken back, and any episode labelled, after it ended", async () => {
  let pressed = false;
  const { actor, learner } = await running({
    overrides: FIFTY_HZ,
    teleoperators: [
      {
        id: "button",
        events: {
          // Pressed once: under load the next episode may have begun before the test looks.
          getTeleopEvents: () => {
            const success = pressed;
            pressed = false;
            return { ...NO_EVENTS, success };
          },
        },
        connect: async () => {},
        disconnect: async () => {},
      },
    ],
  });
  await expect(actor.undoLabel()).rejects.toThrow("there is no label to undo: the last episode has none");
  await expect(actor.relabel("success")).rejects.toThrow("no episode has ended yet");
  pressed = true;
  await until(() => learner.episodes.length > 0, "the success");
  const sequence = learner.episodes[0]!.interaction_step;
  expect(actor.lastLabel).toEqual({ episode: 1, label: "success" });
  expect(await actor.undoLabel()).toEqual({ label: "success", episode: 1 });
  await actor.relabel("failure");
  await actor.relabel("success");
  await until(() => learner.relabels.length === 3, "the corrections");
  const common = { kind: "relabel", actor: "actor", sequence };
  expect(learner.relabels).toEqual([
    { ...common, reward: 0, terminated: false, truncated: true },
    { ...common, reward: 0, terminated: true, truncated: false },
    { ...common, reward: 1, terminated: true, truncated: false },
  ]);
});

test("an actor runs once", async () => {
  const { actor } = await running();
  await expect(actor.run()).rejects.toThrow("this actor has run already");
});

test("the signal stops it after the present step", async () => {
  const stopping = new AbortController();
  const { actor, summary } = await running({ signal: stopping.signal, overrides: ["--handrail.pacing=real_time"] });
  stopping.abort();
  expect(await summary).toMatchObject({ reason: "stopped", episodes: 0 });
  expect(actor.state).toBe("stopped");
});
