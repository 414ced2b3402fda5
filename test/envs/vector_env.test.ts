/** Both vectorised variants keep the same contract; the threads add crashes, hangs and plug-ins. */
import { afterEach, describe, expect, test } from "vitest";
import { makeEnv } from "../../src/envs/make_env.ts";
import { SyncVectorEnv, type VectorEnv } from "../../src/envs/vector_env.ts";
import { WorkerVectorEnv } from "../../src/envs/worker_vector_env.ts";

const ID = "PandaPickCube-v0";
const OPTIONS = { randomBlockPosition: true, maxEpisodeSteps: 4 };
const HOLD = Float32Array.of(0, 0, 0, 1);
const PLUGIN = new URL("../fixtures/env_plugin.ts", import.meta.url).href;

const open: VectorEnv[] = [];
function opened<Made extends VectorEnv>(env: Made): Made {
  open.push(env);
  return env;
}
afterEach(async () => {
  for (const env of open.splice(0)) await env.close();
});

type AutoReset = { autoReset?: "same_step" | "disabled" };
const variants: [string, (size: number, options?: AutoReset) => Promise<VectorEnv>][] = [
  ["SyncVectorEnv", (size, options) => SyncVectorEnv.create(size, () => makeEnv(ID, OPTIONS), options)],
  ["WorkerVectorEnv", (size, options) => WorkerVectorEnv.create(size, ID, OPTIONS, options)],
];

describe.each(variants)("%s", (_, make) => {
  test("gives environment i the seed plus i", async () => {
    const env = opened(await make(2));
    const results = await env.reset({ seed: 20 });
    const single = await makeEnv(ID, OPTIONS);
    for (const i of [0, 1]) expect(results[i]!.observation).toEqual((await single.reset({ seed: 20 + i })).observation);
    await single.close();
  });

  test("begins the next episode within the step that ends one, and still shows the last observation", async () => {
    const env = opened(await make(1));
    await env.reset({ seed: 3 });
    for (let i = 0; i < 3; i++) expect((await env.step([HOLD]))[0]!.finalObservation).toBeUndefined();
    const [last] = await env.step([HOLD]);
    expect(last).toMatchObject({ truncated: true, resetInfo: {} });
    expect(last!.finalObservation!.environment_state).not.toEqual(last!.observation.environment_state);
    expect((await env.step([HOLD]))[0]).toMatchObject({ truncated: false });
  });

  test("leaves resets to its caller when told to", async () => {
    const env = opened(await make(2, { autoReset: "disabled" }));
    await env.reset({ seed: 3 });
    for (let i = 0; i < 4; i++) await env.step([HOLD, undefined]);
    await expect(env.step([HOLD, HOLD])).rejects.toThrow(/environment 0: .*the episode is over/);
    await env.resetOne(0, { seed: 9 });
    const [first, second] = await env.step([HOLD, undefined]);
    expect(first!.truncated).toBe(false);
    expect(second).toBeUndefined();
  });

  test("one bad action does not keep the others from their step", async () => {
    const env = opened(await make(2));
    await env.reset({ seed: 0 });
    await expect(env.step([Float32Array.of(1), HOLD])).rejects.toThrow(
      "environment 0: PandaPickCube-v0 takes an action",
    );
    for (let i = 0; i < 2; i++) await env.step([HOLD, HOLD]);
    const [first, second] = await env.step([HOLD, HOLD]);
    expect([first!.truncated, second!.truncated]).toEqual([false, true]);
  });

  test("refuses a wrong number of actions and a wrong index", async () => {
    const env = opened(await make(1));
    await expect((async () => env.step([HOLD, HOLD]))()).rejects.toThrow("1 environments take 1 actions, got 2");
    await expect(env.resetOne(1)).rejects.toThrow("there is no environment 1");
  });
});

test("threads and a single thread play the same episodes, images included", async () => {
  const options = { ...OPTIONS, imageObs: true, renderSpec: { height: 32, width: 32 } };
  const threads = opened(await WorkerVectorEnv.create(2, ID, options));
  const single = opened(await SyncVectorEnv.create(2, () => makeEnv(ID, options)));
  expect(await threads.reset({ seed: 5 })).toEqual(await single.reset({ seed: 5 }));
  for (let i = 0; i < 6; i++) {
    const actions = [Float32Array.of(1, -0.5, -1, 0), Float32Array.of(-1, 0.25 * i, 0, 2)];
    expect(await threads.step(actions)).toEqual(await single.step(actions));
  }
});

test("without any seed, threads still play different episodes", async () => {
  const env = opened(await WorkerVectorEnv.create(2, ID, OPTIONS));
  const [a, b] = await env.reset();
  expect(a!.observation.environment_state).not.toEqual(b!.observation.environment_state);
});

test("an environment that can't be made says why", async () => {
  await expect(WorkerVectorEnv.create(2, "PandaPickCub-v0")).rejects.toThrow('Did you mean "PandaPickCube-v0"?');
  await expect(WorkerVectorEnv.create(0, ID)).rejects.toThrow("at least one environment");
  await expect(SyncVectorEnv.create(0, () => makeEnv(ID))).rejects.toThrow("at least one environment");
});

test("threads import a plug-in's environments", async () => {
  const env = opened(await WorkerVectorEnv.create(1, "Faulty-v0", {}, { plugin: PLUGIN }));
  await expect(env.reset()).resolves.toHaveLength(1);
});

test("a crashed thread is reported at once and again, instead of hanging", async () => {
  const env = opened(await WorkerVectorEnv.create(1, "Faulty-v0", { fault: "crash" }, { plugin: PLUGIN }));
  await env.reset();
  await expect(env.step([Float32Array.of(0)])).rejects.toThrow("environment 0: its thread");
  await expect(env.step([Float32Array.of(0)])).rejects.toThrow("environment 0: its thread");
});

test("a hung thread is given up after the deadline", async () => {
  const env = opened(await WorkerVectorEnv.create(1, "Faulty-v0", { fault: "hang" }, { plugin: PLUGIN, deadlineS: 1 }));
  await expect(env.step([Float32Array.of(0)])).rejects.toThrow("did not answer a step within 1 s");
});
