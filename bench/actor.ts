/** The control loop: its overhead beside physics and policy, and the lateness of its steps. */
import { RunEvents } from "../src/metrics/index.ts";
import { makePolicy } from "../src/policies/registry.ts";
import type { ActorStep } from "../src/rollout/observer.ts";
import { type ActorHandle, makeActor } from "../src/runs/make_actor.ts";
import { loadTrainingConfig } from "../src/settings/load_training_config.ts";
import { serializeSafetensors } from "../src/tensor/safetensors/bytes.ts";
import { InProcessTransport } from "../src/transport/in_process/in_process_transport.ts";
import type { Row } from "./measure.ts";

/** Adds up how long calls of a method take. */
function timed<Key extends string, Target extends { [key in Key]: (...args: never[]) => Promise<unknown> }>(
  target: Target,
  key: Key,
): () => number {
  const original = target[key].bind(target);
  let totalMs = 0;
  const call = async (...args: never[]) => {
    const start = performance.now();
    try {
      return await original(...args);
    } finally {
      totalMs += performance.now() - start;
    }
  };
  target[key] = call as Target[Key];
  return () => totalMs;
}

async function run<T>(
  overrides: readonly string[],
  use: (made: ActorHandle) => Promise<T>,
  onStep: (step: ActorStep) => void = () => {},
): Promise<T> {
  const config = await loadTrainingConfig("configs/pick_cube.json", { overrides });
  const policy = await makePolicy(config.policy, { warn: () => {} });
  const safetensors = serializeSafetensors(policy.weights());
  const transport = new InProcessTransport();
  const learner = await transport.createLearner({ onTransitions: () => {} });
  learner.publishWeights({ version: 1, safetensors });
  const endpoint = await transport.createActor();
  const made = await makeActor({ config, endpoint, events: new RunEvents(), observers: [{ onStep }] });
  try {
    return await use(made);
  } finally {
    await endpoint.close();
    await learner.close();
    await made.close();
  }
}

async function overheadRows(steps: number): Promise<Row[]> {
  return await run([`--policy.online_steps=${steps}`], async ({ actor, processedEnv: { env }, policy }) => {
    const parts = [timed(env, "step"), timed(env, "reset"), timed(policy, "act")];
    const start = performance.now();
    await actor.run();
    const totalMs = performance.now() - start;
    const [physics, resets, inference] = parts.map((part) => part() / steps) as [number, number, number];
    const detail = `physics ${physics.toFixed(2)} ms, policy ${inference.toFixed(2)} ms, of ${steps} steps`;
    const overhead = totalMs / steps - physics - resets - inference;
    return [{ name: "actor: overhead per step", value: overhead, unit: "ms", target: "≤ 1", detail }];
  });
}

async function jitterRows(seconds: number): Promise<Row[]> {
  const overrides = ["--handrail.pacing=real_time", `--policy.online_steps=${Math.ceil(10 * seconds)}`];
  const begins: number[] = [];
  await run(
    overrides,
    async ({ actor }) => await actor.run(),
    () => begins.push(performance.now()),
  );
  const periods = begins
    .slice(1)
    .map((time, i) => Math.abs(time - begins[i]! - 100))
    .sort((a, b) => a - b);
  const quantile = (share: number) => periods[Math.floor(share * (periods.length - 1))]!;
  return [0.5, 0.99].map((share) => ({
    name: `actor: period's deviation from 100 ms, p${100 * share}`,
    value: quantile(share),
    unit: "ms",
    detail: `${periods.length} steps at 10 Hz, physics, policy and learner in the same thread`,
  }));
}

export async function actorRows({ seconds, quick }: { seconds: number; quick: boolean }): Promise<readonly Row[]> {
  return [...(await overheadRows(quick ? 100 : 3000)), ...(await jitterRows(quick ? 1 : 10 * seconds))];
}
