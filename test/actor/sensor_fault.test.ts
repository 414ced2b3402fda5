/** A sensor that breaks: the robot holds, the episode ends, it is counted, and the run continues or stops as set. */
import { afterEach, expect, test } from "vitest";
import type { Env, Observation } from "../../src/envs/env.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { type Rig, rig, smallConfig } from "./acting.ts";

const rigs: Rig[] = [];
const opened: Env[] = [];
afterEach(async () => {
  for (const each of rigs.splice(0)) await each.stop();
  for (const env of opened.splice(0)) await env.close();
});

/** An actor whose joint 3 reports NaN at these steps, counted from 1, and at resets while `resets` is above 0. */
async function withBrokenJoint(steps: readonly number[], overrides: readonly string[] = [], resets = 0) {
  const processedEnv = await makeProcessedEnv(await smallConfig());
  const { env } = processedEnv;
  opened.push(env);
  let step = 0;
  let holds = 0;
  const broken = (observation: Observation): Observation => {
    const arm = Float32Array.from(observation.agent_pos!);
    arm[3] = Number.NaN;
    return { ...observation, agent_pos: arm };
  };
  const [takeStep, reset] = [env.step.bind(env), env.reset.bind(env)];
  env.step = async (action) => {
    const result = await takeStep(action);
    step += 1;
    return steps.includes(step) ? { ...result, observation: broken(result.observation) } : result;
  };
  env.reset = async (options) => {
    const result = await reset(options);
    return resets-- > 0 ? { ...result, observation: broken(result.observation) } : result;
  };
  env.hold = () => void holds++;
  const made = await rig({ processedEnv, overrides });
  rigs.push(made);
  return { ...made, holds: () => holds };
}

const FAULT = "agent_pos[3] (joint4.pos) is NaN";

test("the episode ends as a sensor fault, the robot holds, and the run continues with the next one", async () => {
  const { actor, learner, eventsOf, notices, holds } = await withBrokenJoint([5], ["--policy.online_steps=30"]);
  expect(await actor.run()).toMatchObject({ reason: "steps", steps: 30, sensorFaults: 1 });
  // After each of three episodes: the last one is cut off where the steps end.
  expect(holds()).toBe(3);
  const ends = eventsOf("episode").map(({ outcome, episode_length }) => [outcome, episode_length]);
  expect(ends).toEqual([
    ["sensor_fault", 4],
    ["time_limit", 20],
  ]);
  expect(learner.episodes[0]!.outcome).toBe("sensor_fault");
  expect(learner.transitions).toHaveLength(30);
  expect(notices()).toEqual([expect.stringContaining(FAULT)]);
});

test("the run stops where it is set to, and names the sensor", async () => {
  const { actor, eventsOf } = await withBrokenJoint([5], ["--handrail.on_sensor_fault=stop"]);
  await expect(actor.run()).rejects.toThrow(FAULT);
  expect(eventsOf("episode").map(({ outcome }) => outcome)).toEqual(["sensor_fault"]);
});

test("a sensor that is broken when the episode begins is counted, too", async () => {
  const { actor, eventsOf } = await withBrokenJoint([], ["--policy.online_steps=3"], 1);
  expect(await actor.run()).toMatchObject({ steps: 3, sensorFaults: 1 });
  expect(eventsOf("episode").map(({ outcome, episode_length }) => [outcome, episode_length])).toEqual([
    ["sensor_fault", 0],
  ]);
});
