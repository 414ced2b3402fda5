/** An environment in a thread plays as it would alone; threads add crashes, hangs and plug-ins. */
import { afterEach, expect, test } from "vitest";
import { makeEnv } from "../../src/envs/make_env.ts";
import { ThreadEnv } from "../../src/envs/thread_env/thread_env.ts";

const ID = "PandaPickCube-v0";
const OPTIONS = { randomBlockPosition: true, maxEpisodeSteps: 4 };
const PLUGIN = new URL("../fixtures/env_plugin.ts", import.meta.url).href;

const open: ThreadEnv[] = [];
async function opened(...args: Parameters<typeof ThreadEnv.create>): Promise<ThreadEnv> {
  const env = await ThreadEnv.create(...args);
  open.push(env);
  return env;
}
afterEach(async () => {
  for (const env of open.splice(0)) await env.close().catch(() => {});
});

test("a thread plays the same episodes as this one, images included", async () => {
  const options = { ...OPTIONS, imageObs: true, renderSpec: { height: 32, width: 32 } };
  const [threaded, single] = [await opened(ID, options), await makeEnv(ID, options)];
  expect(threaded.observationSpace).toEqual(single.observationSpace);
  expect(threaded.controlFrequencyHz).toBe(single.controlFrequencyHz);
  for (const seed of [5, 6]) {
    expect(await threaded.reset({ seed })).toEqual(await single.reset({ seed }));
    for (let i = 0; i < 4; i++) {
      const action = Float32Array.of(1, -0.5 * i, -1, i % 3);
      expect(await threaded.step(action)).toEqual(await single.step(action));
    }
  }
  await single.close();
});

test("errors of the environment reach the caller, and it stays usable", async () => {
  const env = await opened(ID, OPTIONS);
  await env.reset({ seed: 0 });
  await expect(env.step(Float32Array.of(1))).rejects.toThrow("PandaPickCube-v0 takes an action");
  await expect(env.step(Float32Array.of(0, 0, 0, 1))).resolves.toMatchObject({ terminated: false });
});

test("an environment that can't be made says why", async () => {
  await expect(ThreadEnv.create("PandaPickCub-v0")).rejects.toThrow('Did you mean "PandaPickCube-v0"?');
});

test("a thread imports a plug-in's environments", async () => {
  const env = await opened("Faulty-v0", {}, { plugins: [PLUGIN] });
  await expect(env.reset()).resolves.toHaveProperty("observation");
});

test("a crashed thread is reported at once and again, instead of hanging", async () => {
  const env = await opened("Faulty-v0", { fault: "crash" }, { plugins: [PLUGIN] });
  await env.reset();
  for (let i = 0; i < 2; i++)
    await expect(env.step(Float32Array.of(0))).rejects.toThrow("Faulty-v0: its thread has ended");
});

test("a hung thread is given up after the deadline", async () => {
  const env = await opened("Faulty-v0", { fault: "hang" }, { plugins: [PLUGIN], deadlineS: 1 });
  await expect(env.step(Float32Array.of(0))).rejects.toThrow("Faulty-v0: its thread did not answer a step within 1 s");
});
