/** Actor and learner in turns, in one thread: the same run every time, also when it was interrupted. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Learner } from "../../src/learning/learner.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { type ActorHandle, makeActor } from "../../src/runs/make_actor.ts";
import { Random } from "../../src/tensor/random.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import { PATIENCE_S } from "../until.ts";
import { smallConfig } from "./acting.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-lockstep-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Runs up to step `steps` with one update after each, and saves. @returns the weights that the actor ended with. */
async function run(name: string, steps: number, overrides: readonly string[] = []): Promise<TensorRecord> {
  const config = await smallConfig([
    ...["--handrail.pacing=lockstep", `--output_dir=${join(folder, name)}`],
    ...["--algorithm.critic_network_kwargs.hidden_dims=[8,8]", "--batch_size=8", "--seed=5"],
    ...["--policy.online_buffer_capacity=500", "--policy.offline_buffer_capacity=500"],
    ...["--policy.online_step_before_learning=10", ...overrides],
  ]);
  const transport = new InProcessTransport();
  const events = new RunEvents();
  const random = new Random(1);
  const learner = await Learner.start({ config, transport, events, generators: { actor: random } });
  const endpoint = await transport.createActor();
  const made: ActorHandle = await makeActor({
    ...{ config, endpoint, events, random, stepsTaken: learner.progress.interactionStep },
    afterStep: async () => {
      await endpoint.flush(PATIENCE_S);
      await learner.train(1);
      if (made.actor.interactionStep === steps) made.actor.stop();
      return learner.progress.step;
    },
  });
  await made.actor.run();
  const weights = made.policy.weights();
  await learner.stop();
  await endpoint.close(0);
  await made.close();
  return weights;
}

test("equal seeds give equal runs: 40 steps and 40 more after a restart are 80 steps, bit for bit", async () => {
  const whole = await run("whole", 80);
  const half = await run("halves", 40);
  expect(half).not.toEqual(whole);
  expect(await run("halves", 80, ["--resume=true"])).toEqual(whole);
});
