/** Speed and memory of the simulated Panda on one core: the cost of collecting experience. */
import type { Env } from "../src/envs/env.ts";
import { makeEnv } from "../src/envs/make_env.ts";
import { loadMuJoCo } from "../src/envs/panda_pick_cube/mujoco/mujoco.ts";
import { Random } from "../src/tensor/random.ts";
import type { Row } from "./measure.ts";

const ID = "PandaPickCube-v0";
const MIB = 2 ** 20;

export interface PandaBenchOptions {
  /** Environment steps per speed figure. */
  readonly speedSteps?: number;
  readonly memorySteps?: number;
  readonly memoryResets?: number;
}

export async function pandaPickCubeRows(options: PandaBenchOptions = {}): Promise<Row[]> {
  const { speedSteps = 2000, memorySteps = 200_000, memoryResets = 2000 } = options;
  return [
    await speedRow("random policy, state observations", { imageObs: false }, speedSteps, "≥ 250"),
    await speedRow("random policy, both 128×128 cameras", { imageObs: true }, speedSteps, "≥ 120"),
    ...(await memoryRows(memorySteps, memoryResets)),
  ];
}

async function speedRow(name: string, options: Record<string, unknown>, steps: number, target: string): Promise<Row> {
  const env = await makeEnv(ID, { ...options, randomBlockPosition: true });
  const random = new Random(0);
  await env.reset({ seed: 0 });
  // The compilers of WASM and JavaScript need some thousand physics steps to settle.
  await walk(env, random, 300);
  const started = performance.now();
  const startedCpu = process.cpuUsage();
  await walk(env, random, steps);
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(startedCpu);
  await env.close();
  const detail = `n ${steps}, resets included; ${Math.round(steps / ((user + system) / 1e6))} per CPU second`;
  return { name, value: steps / seconds, unit: "steps/s", target, detail };
}

/** Growth is measured after the first tenth, when pools and caches have their final size. */
async function memoryRows(steps: number, resets: number): Promise<Row[]> {
  // A tenth of the physics steps per control step: the same calls and objects, five times faster.
  const env = await makeEnv(ID, { randomBlockPosition: true, controlDt: 0.01, maxEpisodeSteps: 1_000_000 });
  const random = new Random(0);
  await env.reset({ seed: 0 });
  await walk(env, random, steps / 10);
  const before = await memoryNow();
  await walk(env, random, steps);
  for (let i = 0; i < resets; i++) await env.reset();
  const after = await memoryNow();
  await env.close();
  const detail = `${steps} steps of 5 physics steps, then ${resets} resets`;
  return [
    { name: "growth of the WASM heap", value: (after.wasm - before.wasm) / MIB, unit: "MiB", target: "≤ 0", detail },
    {
      name: "growth of the JavaScript heap",
      value: (after.heap - before.heap) / MIB,
      unit: "MiB",
      target: "≤ 2",
      detail,
    },
    {
      name: "growth of array buffers",
      value: (after.buffers - before.buffers) / MIB,
      unit: "MiB",
      target: "≤ 2",
      detail,
    },
  ];
}

async function memoryNow(): Promise<{ wasm: number; heap: number; buffers: number }> {
  // Two collections: finalisers of the first release more for the second.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  const mujoco = await loadMuJoCo();
  const probe = new mujoco.DoubleBuffer(1);
  const wasm = (probe.GetView() as Float64Array).buffer.byteLength;
  probe.delete();
  return { wasm, heap: heapUsed, buffers: arrayBuffers };
}

async function walk(env: Env, random: Random, steps: number): Promise<void> {
  for (let i = 0; i < steps; i++) {
    const action = random.fillUniform(new Float32Array(4), -1, 1);
    action[3] = random.integer(3);
    const { terminated, truncated } = await env.step(action);
    if (terminated || truncated) await env.reset();
  }
}
