import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OnlineOfflineMixer } from "../../src/data/sources/online_offline_mixer.ts";
import { Pendulum } from "../../src/envs/pendulum.ts";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import type { TrainingCheckpoint } from "../../src/learning/checkpoints/contents.ts";
import { RLTrainer } from "../../src/learning/training/rl_trainer.ts";
import { trainLockstep } from "../../src/runs/lockstep.ts";
import { addTransitions, dispose, everything, smallRun } from "../learning/small_run.ts";

const EPISODE = 200;

/** Trains in lockstep up to step `until`; warms up first if the run is new. */
async function train(run: TrainingCheckpoint, until: number): Promise<void> {
  const { algorithm, processors, policy, buffers, generators, interactionStep } = run;
  const source = new OnlineOfflineMixer({ online: buffers.online!, offline: buffers.offline!, batchSize: 8 });
  await trainLockstep({
    env: new Pendulum(),
    policy,
    processors,
    buffer: buffers.online!,
    trainer: new RLTrainer({ algorithm, source, preprocessor: processors.preprocessor }),
    random: generators!.loop!,
    warmupSteps: 20,
    stepsTaken: interactionStep,
    steps: until,
  });
}

describe("a resumed run", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-resume-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("continues bit for bit like a run that was never interrupted", async () => {
    const whole = smallRun();
    addTransitions(whole.buffers.offline, 0, 50);
    await train(whole, 2 * EPISODE);

    const first = smallRun();
    addTransitions(first.buffers.offline, 0, 50);
    await train(first, EPISODE);
    const progress = { step: first.algorithm.optimizationStep, interactionStep: EPISODE };
    await new CheckpointStore(folder, { onlineSteps: 1000 }).save({ ...first, ...progress });
    await dispose(first);

    const compile = { threads: 1 };
    const store = new CheckpointStore(folder, { onlineSteps: 1000 });
    const resumed = await store.load(undefined, { policy: compile, algorithm: compile });
    expect(resumed).toMatchObject({ ...progress, step: EPISODE - 20 });
    await train(resumed, 2 * EPISODE);
    const end = { step: 2 * EPISODE - 20, interactionStep: 2 * EPISODE };
    expect(everything({ ...resumed, ...end })).toEqual(everything({ ...whole, ...end }));
    await Promise.all([dispose(whole), dispose(resumed)]);
  });
});
