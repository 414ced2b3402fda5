import fc from "fast-check";
import { expect, test } from "vitest";
import type { Env, StepResult } from "../envs/env.ts";
import { Pendulum } from "../envs/pendulum.ts";
import { InterventionEnv } from "./intervention_env.ts";
import { mergeEvents, NO_EVENTS, type TeleopEvents, type Teleoperator } from "./teleoperator.ts";

/** One control step of a person: what is pressed, and where the stick is. */
interface Press {
  readonly events: Partial<TeleopEvents>;
  readonly torqueNm: number;
}

/** A person who follows a script; without `steers` it has buttons only. */
function person(script: readonly Press[], { id = "person", steers = true } = {}): Teleoperator {
  let step = -1;
  return {
    id,
    ...(steers ? { actions: { getAction: () => Float32Array.of(script[step]!.torqueNm) } } : {}),
    events: { getTeleopEvents: () => ({ ...NO_EVENTS, ...script[++step]?.events }) },
    connect: async () => {},
    disconnect: async () => {},
  };
}

const press = (events: Partial<TeleopEvents>, torqueNm = 1): Press => ({ events, torqueNm });
const POLICY = Float32Array.of(-0.5);

async function started(teleoperators: readonly Teleoperator[], env: Env = new Pendulum()): Promise<InterventionEnv> {
  const wrapped = new InterventionEnv(env, teleoperators);
  await wrapped.reset({ seed: 1 });
  return wrapped;
}

const flag = fc.boolean();
const scripts = fc.array(fc.record({ first: flag, second: flag, pedal: flag }), { minLength: 1, maxLength: 40 });

test("the flag is on exactly where any source intervenes, and the recorded action is the one that moved the pendulum", async () => {
  await fc.assert(
    fc.asyncProperty(scripts, async (script) => {
      const first = person(script.map((step, i) => press({ isIntervention: step.first }, 1 + i / 100)));
      const second = person(script.map((step, i) => press({ isIntervention: step.second }, -1 - i / 100)));
      const pedal = person(
        script.map((step) => press({ isIntervention: step.pedal })),
        { steers: false },
      );
      const env = await started([pedal, first, second]);
      const bare = new Pendulum();
      await bare.reset({ seed: 1 });
      for (const [i, step] of script.entries()) {
        const { info, observation } = await env.step(POLICY);
        const expected = step.first ? 1 + i / 100 : step.second ? -1 - i / 100 : step.pedal ? 1 + i / 100 : -0.5;
        expect(info.is_intervention).toBe(step.first || step.second || step.pedal);
        expect(info.teleop_action).toEqual(Float32Array.of(expected));
        const check = await bare.step(info.teleop_action as Float32Array);
        expect(observation).toEqual(check.observation);
      }
    }),
    { numRuns: 50 },
  );
});

const events: fc.Arbitrary<TeleopEvents> = fc.record({
  isIntervention: flag,
  success: flag,
  failure: flag,
  rerecordEpisode: flag,
  terminateEpisode: flag,
});

test("merging is true wherever any source is, in any order", () => {
  fc.assert(
    fc.property(fc.array(events), (list) => {
      const merged = mergeEvents(list);
      for (const key of Object.keys(NO_EVENTS) as (keyof TeleopEvents)[]) {
        expect(merged[key]).toBe(list.some((one) => one[key]));
      }
      expect(mergeEvents([...list].reverse())).toEqual(merged);
      expect(mergeEvents([merged, NO_EVENTS])).toEqual(merged);
    }),
  );
});

test.each<[string, Partial<TeleopEvents>, Partial<StepResult>, Record<string, unknown>]>([
  [
    "success",
    { success: true },
    { reward: 1, terminated: true, truncated: false },
    { "next.success": true, rerecord_episode: false },
  ],
  [
    "failure",
    { failure: true },
    { terminated: true, truncated: false },
    { "next.success": false, rerecord_episode: false },
  ],
  ["terminate", { terminateEpisode: true }, { terminated: false, truncated: true }, { "next.success": false }],
  [
    "re-record",
    { rerecordEpisode: true },
    { terminated: false, truncated: true },
    { rerecord_episode: true, "next.success": false },
  ],
  [
    "re-record over success",
    { rerecordEpisode: true, success: true },
    { terminated: false, truncated: true },
    { rerecord_episode: true, "next.success": false },
  ],
  ["success over failure", { success: true, failure: true }, { reward: 1, terminated: true }, { "next.success": true }],
])("%s ends the episode as documented", async (_, pressed, result, info) => {
  const env = await started([person([press({}), press(pressed)])]);
  const before = await env.step(POLICY);
  expect(before).toMatchObject({ terminated: false, truncated: false });
  expect(before.info).not.toHaveProperty("next.success");
  const last = await env.step(POLICY);
  expect(last).toMatchObject(result);
  for (const [key, value] of Object.entries(info)) expect(last.info[key]).toBe(value);
  await expect(env.step(POLICY)).rejects.toThrow("the episode is over");
  await env.reset();
  await expect(env.step(POLICY)).resolves.toBeDefined();
});

test("events of two devices in one step are both heard", async () => {
  const env = await started([
    person([press({ isIntervention: true }, 1.5)]),
    person([press({ success: true })], { steers: false }),
  ]);
  const { info, reward } = await env.step(POLICY);
  expect(info).toMatchObject({ is_intervention: true, "next.success": true, teleop_action: Float32Array.of(1.5) });
  expect(reward).toBe(1);
});

test("what an inner environment already flagged is not taken back", async () => {
  const inner = await started([person([press({ isIntervention: true, rerecordEpisode: true })])]);
  const outer = new InterventionEnv(inner, [person([press({})])]);
  const { info } = await outer.step(POLICY);
  expect(info).toMatchObject({ is_intervention: true, rerecord_episode: true });
});

test("a device with buttons only leaves the policy in charge but is heard", async () => {
  const env = await started([person([press({ isIntervention: true })], { steers: false })]);
  expect((await env.step(POLICY)).info).toMatchObject({ is_intervention: true, teleop_action: POLICY });
});

test("the recorded action is a copy: the device may reuse its array", async () => {
  const stick = Float32Array.of(1);
  const device: Teleoperator = {
    ...person([press({ isIntervention: true }), press({})]),
    actions: { getAction: () => stick },
  };
  const env = await started([device]);
  const { info } = await env.step(POLICY);
  stick[0] = 2;
  expect(info.teleop_action).toEqual(Float32Array.of(1));
});

test.each([
  [Float32Array.of(1, 2), "in Pendulum-v1 takes an action of 1 numbers, got 2"],
  [Float32Array.of(Number.NaN), "in Pendulum-v1: action[0] is NaN"],
])("a teleoperator's bad action %j is refused by its name, and the episode goes on", async (action, message) => {
  const device: Teleoperator = {
    ...person([press({ isIntervention: true }), press({})], { id: "joystick" }),
    actions: { getAction: () => action },
  };
  const env = await started([device]);
  await expect(env.step(POLICY)).rejects.toThrow(`the teleoperator "joystick" ${message}`);
  await expect(env.step(POLICY)).resolves.toMatchObject({ terminated: false });
});

test("a device without any capability is refused", () => {
  const brick: Teleoperator = { id: "brick", connect: async () => {}, disconnect: async () => {} };
  expect(() => new InterventionEnv(new Pendulum(), [brick])).toThrow('"brick" neither steers nor reports events');
});

test("every episode is announced once its first scene can be seen", async () => {
  const seen: string[] = [];
  const env = new Pendulum();
  const reset = env.reset.bind(env);
  env.reset = async (options) => {
    seen.push("reset");
    return reset(options);
  };
  const device: Teleoperator = { ...person([]), onEpisodeStart: () => void seen.push("start") };
  const wrapped = new InterventionEnv(env, [device]);
  await wrapped.reset();
  await wrapped.reset();
  expect(seen).toEqual(["reset", "start", "reset", "start"]);
});

test("without teleoperators nothing changes but the record of what was done", async () => {
  const bare = new Pendulum();
  await bare.reset({ seed: 1 });
  const env = await started([]);
  const result = await env.step(POLICY);
  expect(result).toMatchObject({
    ...(await bare.step(POLICY)),
    info: { is_intervention: false, teleop_action: POLICY },
  });
  expect(env.controlFrequencyHz).toBe(bare.controlFrequencyHz);
});
