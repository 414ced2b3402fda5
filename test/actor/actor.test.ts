/** An actor in the simulated Panda: what it sends and executes, and the weights that it acts with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { resetAndBuildTransition } from "../../src/rollout/env_step.ts";
import type { ActorObserver, ActorStep } from "../../src/rollout/observer.ts";
import { EpisodeRecorder } from "../../src/rollout/recording/episode_recorder.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";
import { until } from "../until.ts";
import { otherPolicy, type Rig, type RigOptions, rig, smallConfig } from "./acting.ts";

const rigs: Rig[] = [];
afterEach(async () => {
  for (const each of rigs.splice(0)) await each.stop();
});
async function started(options?: RigOptions): Promise<Rig> {
  const made = await rig(options);
  rigs.push(made);
  return made;
}

/** A person who follows a script of what happens at each step of an episode. */
function person(script: (episodeStep: number) => { events?: Partial<TeleopEvents>; action?: number[] }): Teleoperator {
  let step = 0;
  return {
    id: "person",
    events: { getTeleopEvents: () => ({ ...NO_EVENTS, ...script(++step).events }) },
    actions: { getAction: () => Float32Array.from(script(step).action ?? [0, 0, 0, 1]) },
    onEpisodeStart: () => {
      step = 0;
    },
    connect: async () => {},
    disconnect: async () => {},
  };
}

test("every step arrives once and in order, with the time limit as truncation and not as an end", async () => {
  const { actor, learner, eventsOf } = await started({ overrides: ["--policy.online_steps=50"] });
  const summary = await actor.run();
  await until(() => learner.transitions.length >= 50 && learner.episodes.length >= 2, "the learner");
  expect(summary).toMatchObject({ reason: "steps", steps: 50, episodes: 2, interventionSteps: 0 });
  expect(learner.transitions.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  const transitions = learner.transitions.map(({ transition }) => transition);
  expect(transitions.map(({ truncated }) => truncated)).toEqual(transitions.map((_, i) => i === 19 || i === 39));
  expect(transitions.some(({ terminated }) => terminated)).toBe(false);
  for (const [i, { observation }] of transitions.entries()) {
    const before = transitions[i - 1];
    if (before === undefined) continue;
    const continues = [19, 39].includes(i - 1) ? expect(observation).not : expect(observation);
    continues.toEqual(before.nextObservation);
  }
  expect(learner.episodes).toMatchObject([
    { episode: 1, interaction_step: 20, episode_length: 20, outcome: "time_limit", intervention_steps: 0 },
    { episode: 2, interaction_step: 40, episode_length: 20, outcome: "time_limit", intervention_steps: 0 },
  ]);
  expect(eventsOf("episode")).toMatchObject(learner.episodes.map(({ kind, ...numbers }) => numbers));
});

test("steps at which a person steers, and no others, are marked, with the action that moved the arm", async () => {
  const steers = (step: number) => step >= 4 && step < 9;
  const steps: ActorStep[] = [];
  const { actor, learner } = await started({
    overrides: ["--policy.online_steps=40"],
    // More than the policy could choose: cut to its range.
    teleoperators: [person((step) => ({ events: { isIntervention: steers(step) }, action: [0.5, -3, step / 10, 2] }))],
    observers: [{ onStep: (step) => steps.push(step) }],
  });
  await actor.run();
  await until(() => learner.transitions.length >= 40 && learner.episodes.length >= 2, "the learner");
  expect(steps).toHaveLength(40);
  for (const [i, { transition }] of learner.transitions.entries()) {
    const { episodeStep, policyAction, isIntervention } = steps[i]!;
    expect(episodeStep).toBe((i % 20) + 1);
    expect(isIntervention).toBe(steers(episodeStep));
    expect(transition.complementaryInfo?.is_intervention).toBe(steers(episodeStep) ? 1 : 0);
    const shown = Float32Array.of(0.5, -1, episodeStep / 10, 2);
    expect(transition.action).toEqual(steers(episodeStep) ? shown : policyAction);
  }
  expect(learner.episodes.map((episode) => episode.intervention_steps)).toEqual([5, 5]);
});

test("a device that cannot steer marks the policy's own action", async () => {
  const { actions, ...pedal } = person(() => ({ events: { isIntervention: true } }));
  const steps: ActorStep[] = [];
  const { actor } = await started({
    overrides: ["--policy.online_steps=3"],
    teleoperators: [pedal],
    observers: [{ onStep: (step) => steps.push(step) }],
  });
  await actor.run();
  for (const { action, policyAction, isIntervention } of steps) {
    expect(isIntervention).toBe(true);
    expect(action).toEqual(policyAction);
  }
});

test.each([
  ["success", { reward: 1, terminated: true, truncated: false }, "success"],
  ["failure", { reward: 0, terminated: true, truncated: false }, "failure"],
  ["terminateEpisode", { reward: 0, terminated: false, truncated: true }, "terminated"],
  ["rerecordEpisode", { reward: 0, terminated: false, truncated: true }, "rerecorded"],
] as const)("a person's %s ends the episode: %o", async (event, last, outcome) => {
  const { actor, learner } = await started({
    overrides: ["--policy.online_steps=5"],
    teleoperators: [person((step) => ({ events: { [event]: step === 5 } }))],
  });
  await actor.run();
  await until(() => learner.transitions.length >= 5 && learner.episodes.length >= 1, "the learner");
  expect(learner.transitions[4]!.transition).toMatchObject(last);
  expect(learner.transitions[3]!.transition).toMatchObject({ terminated: false, truncated: false });
  expect(learner.episodes[0]).toMatchObject({ outcome, episode_length: 5 });
});

test("the scripted operator solves the task: the last step has the reward and ends the episode", async () => {
  const { actor, learner } = await started({
    overrides: [
      ...["--policy.online_steps=200", "--env.processor.reset.control_time_s=10"],
      ...["--handrail.operator.type=scripted", "--handrail.operator.patience_steps=1"],
      ...["--handrail.operator.intervention_decay=1", "--handrail.operator.max_intervention_steps=100"],
    ],
  });
  const summary = await actor.run();
  await until(() => learner.transitions.length >= 200, "the learner");
  expect(summary.successes).toBeGreaterThan(0);
  const ends = learner.transitions.filter(({ transition }) => transition.terminated);
  expect(ends.length).toBe(learner.episodes.filter(({ outcome }) => outcome === "success").length);
  for (const { transition } of ends) expect(transition).toMatchObject({ reward: 1, truncated: false });
  const penalties = learner.transitions.map(({ transition }) => transition.complementaryInfo?.discrete_penalty);
  expect(new Set(penalties)).toEqual(new Set([0, Math.fround(-0.02)].map((value) => expect.closeTo(value, 6))));
});

test("new weights take effect in the middle of an episode", async () => {
  const config = await smallConfig();
  const fresh = otherPolicy(config, 7);
  const applied: number[] = [];
  const made: Rig = await started({
    overrides: ["--policy.online_steps=60", "--handrail.pacing=lockstep", "--env.processor.reset.control_time_s=10"],
    observers: [{ onStep: ({ episodeStep }) => episodeStep === 10 && made.learner.publish(fresh) }],
    afterStep: async () => {
      await new Promise((resolve) => setTimeout(resolve, 2));
      // Nothing is waited for: weights come when they come.
      const mean = made.policy.weights()["actor.mean_layer.weight"]!.data;
      if (Buffer.from(mean.buffer).equals(Buffer.from(fresh.weights()["actor.mean_layer.weight"]!.data.buffer))) {
        applied.push(made.actor.interactionStep);
      }
      return undefined;
    },
  });
  await made.actor.run();
  expect(applied[0]).toBeGreaterThan(10);
  expect(applied[0]).toBeLessThan(60);
  expect(applied.at(-1)).toBe(60);
  expect(made.eventsOf("actor").at(-1)).toMatchObject({ parameters_version: 2, state: "stopped" });
});

test("in lockstep every step waits for the weights of the learner's turn before it", async () => {
  const config = await smallConfig();
  const policies = Array.from({ length: 6 }, (_, i) => otherPolicy(config, i));
  const acted: unknown[] = [];
  const made: Rig = await started({
    overrides: ["--policy.online_steps=6", "--handrail.pacing=lockstep"],
    observers: [{ onStep: () => acted.push(made.policy.weights()) }],
    afterStep: async () => made.learner.publish(policies[made.actor.interactionStep - 1]!),
  });
  await made.actor.run();
  expect(acted.slice(1)).toEqual(policies.slice(0, 5).map((policy) => policy.weights()));
});

test("nothing moves before the learner's first weights arrive", async () => {
  const { actor, learner, policy } = await started({ overrides: ["--policy.online_steps=5"], withLearner: false });
  const running = actor.run();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(actor).toMatchObject({ state: "waiting", interactionStep: 0 });
  await learner.start();
  const published = otherPolicy(await smallConfig(), 5);
  learner.publish(published);
  await running;
  expect(policy.weights()).toEqual(published.weights());
});

test("weights of another network stop the actor, with their version and the mismatch", async () => {
  const { actor, learner } = await started({ withLearner: false });
  await learner.start();
  learner.publish(otherPolicy(await smallConfig(["--policy.latent_dim=4"]), 5));
  await expect(actor.run()).rejects.toThrow(/the learner's weights, version 1/);
  expect(actor.state).toBe("stopped");
});

test("same seed, same weights, same episodes; another seed, others", async () => {
  const run = async (seed: number) => {
    const { actor, learner } = await started({ overrides: ["--policy.online_steps=30"], seed });
    await actor.run();
    await until(() => learner.transitions.length >= 30, "the learner");
    return learner.transitions;
  };
  const first = await run(1);
  expect(await run(1)).toEqual(first);
  expect(await run(2)).not.toEqual(first);
});

test("an actor that is started again plays other episodes, and the same ones after the same number of steps", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-actor-"));
  const cubes = async (directory: string) => {
    const seen: number[][] = [];
    const onEpisodeStart: ActorObserver["onEpisodeStart"] = ({ observation }) =>
      void seen.push([...(observation["observation.environment_state"]!.data as Float32Array)]);
    const { actor, stop } = await rig({
      ...{ overrides: ["--policy.online_steps=25"], observers: [{ onEpisodeStart }] },
      endpointOptions: { outbox: { directory: join(folder, directory) } },
    });
    await actor.run();
    await stop();
    return seen;
  };
  const first = await cubes("one");
  const second = await cubes("one");
  expect(first).toHaveLength(2);
  expect(second).not.toEqual(first);
  expect(await cubes("other")).toEqual(first);
  expect(await cubes("other")).toEqual(second);
  await rm(folder, { recursive: true });
});

test("every transition names its episode within the actor's session, also after a restart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-actor-"));
  const episodes = async () => {
    const { actor, learner, stop } = await rig({
      overrides: ["--policy.online_steps=25"],
      endpointOptions: { outbox: { directory: join(folder, "outbox") } },
    });
    await actor.run();
    await until(() => learner.transitions.some(({ sequence }) => sequence % 25 === 0), "the learner");
    await stop();
    const sent = new Map(learner.transitions.map(({ sequence, transition }) => [sequence, transition.episode]));
    return [...sent].sort(([a], [b]) => a - b).map(([, episode]) => episode);
  };
  const counted = (episode: number, steps: number) => Array<number>(steps).fill(episode);
  // Episodes are 20 steps long.
  expect(await episodes()).toEqual([...counted(1, 20), ...counted(2, 5)]);
  expect((await episodes()).slice(-25)).toEqual([...counted(26, 20), ...counted(27, 5)]);
  await rm(folder, { recursive: true });
});

test("a recording of an actor can be replayed from its start", async () => {
  const folder = await mkdtemp(join(tmpdir(), "handrail-actor-"));
  const recorder = new EpisodeRecorder(await smallConfig([`--output_dir=${folder}`]));
  await recorder.start();
  const { actor, processedEnv } = await started({ overrides: ["--policy.online_steps=40"], observers: [recorder] });
  await actor.run();
  expect(await recorder.stop()).toBe(2);
  const dataset = await Dataset.open(recorder.root);
  for (const { episodeIndex, fromIndex } of dataset.episodes) {
    const { seed } = (await dataset.episodeStarts())![episodeIndex]!;
    const { observation } = await resetAndBuildTransition(processedEnv, { seed });
    const cube = (await dataset.frame(fromIndex)).values["observation.environment_state"];
    expect(observation!["observation.environment_state"]!.data).toEqual(cube);
  }
  await dataset.close();
  await rm(folder, { recursive: true });
});

test("an observer that fails is reported once and does not stop the robot", async () => {
  const { actor, notices } = await started({
    overrides: ["--policy.online_steps=10"],
    observers: [
      {
        onStep: () => {
          throw new Error("no disk");
        },
      },
    ],
  });
  expect(await actor.run()).toMatchObject({ steps: 10 });
  expect(notices().filter((notice) => notice.includes("no disk"))).toHaveLength(1);
});

test("missing requirements of the scripted operator are reported before anything starts", async () => {
  const scene = { overrides: ["--handrail.operator.type=scripted"] };
  const { processedEnv } = await started();
  const { scene: _, ...blind } = processedEnv;
  await expect(rig({ ...scene, processedEnv: blind })).rejects.toThrow(
    "the scripted operator cannot watch PandaPickCube-v0",
  );
});
