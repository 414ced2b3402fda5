import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { shareWithThreads } from "../../src/envs/make_env.ts";

/** A thread that says which code it was given. */
const SCRIPT = `
  const { getEnvironmentData, parentPort } = require("node:worker_threads");
  const code = getEnvironmentData("handrail.mujoco");
  parentPort.postMessage(code && WebAssembly.Module.exports(code).length > 0);
`;

async function hasCode(): Promise<boolean | undefined> {
  const [message] = await once(new Worker(SCRIPT, { eval: true }), "message");
  return message;
}

it("gives threads the code that this one has compiled, once they are to make an environment of the Panda", async () => {
  await shareWithThreads("Pendulum-v1");
  await shareWithThreads("unknown here, though a thread's plug-in may know it");
  expect(await hasCode()).toBeUndefined();
  await shareWithThreads("gym_hil/PandaPickCube-v0");
  expect(await hasCode()).toBe(true);
});
