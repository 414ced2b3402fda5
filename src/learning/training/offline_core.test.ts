/** A run without actors: its batches come from a dataset. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { z } from "zod";
import { offlineConfig, records } from "../../../test/learning/small_learner.ts";
import { everything } from "../../../test/learning/small_run.ts";
import type { BatchIterator, RLAlgorithm, TrainingBatch } from "../../algorithms/algorithm.ts";
import type { DataSpec } from "../../algorithms/data_spec.ts";
import { makeAlgorithm, registerAlgorithm } from "../../algorithms/registry.ts";
import { checkpointStoreOf, openRunFolder } from "../run_folder/run_folder.ts";
import { TrainingCore } from "./training_core.ts";

let folder: string;
const open: TrainingCore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-offline-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((core) => core.dispose()));
  await rm(folder, { recursive: true });
});

type Values = Readonly<Record<string, unknown>>;

const configOf = (run: string, values: Values = {}) => offlineConfig(join(folder, "steps"), join(folder, run), values);

async function coreOf(config: Awaited<ReturnType<typeof configOf>>, offline = true): Promise<TrainingCore> {
  const run = await openRunFolder(config);
  await run.begin();
  await run.release(); // several cores of one run, one after the other
  const core = await TrainingCore.open({ config, folder: run, offline });
  open.push(core);
  return core;
}

async function savedIn(core: TrainingCore) {
  await core.save(null);
  const saved = await checkpointStoreOf(join(core.config.output_dir!), core.config).load();
  const { run_id: _, ...runState } = saved.runState;
  const state = { ...everything(saved), runState };
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return state;
}

it("trains at once, for as many updates as `steps` says, and takes no transitions", async () => {
  const core = await coreOf(await configOf("run", { steps: 7 }));
  expect(core).toMatchObject({ isOffline: true, warmedUp: true, onlineSize: 0, offlineSize: 40 });
  expect(await core.train(5)).toMatchObject({ loss_critic: expect.any(Number) });
  expect(core).toMatchObject({ step: 5, isFinished: false });
  await core.train(5);
  expect(core).toMatchObject({ step: 7, isFinished: true, interactionStep: 0 });
  expect(() => core.addTransitions(records(0, 1))).toThrow("a run without actors takes no transitions");
  expect(core.relabel({ session: "robot", sequence: 1, reward: 0 })).toBe("gone");
});

it("continues from a checkpoint as if it had never stopped", async () => {
  const whole = await coreOf(await configOf("whole"));
  await whole.train(23);
  const first = await coreOf(await configOf("parts"));
  await first.train(11);
  await first.save(null);
  const second = await coreOf(await configOf("parts", { resume: true }));
  expect(second.step).toBe(11);
  await second.train(12);
  expect(await savedIn(second)).toEqual(await savedIn(whole));
});

it("is continued by its own kind only", async () => {
  await (await coreOf(await configOf("offline"))).save(null);
  await expect(coreOf(await configOf("offline", { resume: true }), false)).rejects.toThrow(
    /is of a run without actors: continue it with `handrail learn`, or begin a new run with its weights/,
  );
  await (await coreOf(await configOf("online"), false)).save(null);
  await expect(coreOf(await configOf("online", { resume: true }))).rejects.toThrow("is of a run with actors");
});

it("needs a dataset", async () => {
  await expect(coreOf(await configOf("run", { dataset: null }))).rejects.toThrow(
    "dataset is null: a run without actors",
  );
});

/** Registers an algorithm that keeps what it is given, and asks for what `spec` says. */
function registerProbe(type: string, dataSpec: DataSpec): TrainingBatch[] {
  const given: TrainingBatch[] = [];
  registerAlgorithm(type, {
    // The rest is of the small networks that other algorithms here have.
    schema: z.looseObject({ type: z.literal(type) }),
    create: (config, policy, options): RLAlgorithm => {
      const learner = makeAlgorithm({ type: "sac" }, policy, options);
      return Object.create(learner, {
        config: { value: config },
        dataSpec: { value: dataSpec },
        update: {
          value: async (batches: BatchIterator) => {
            given.push(await batches.next());
            const stats = { losses: { loss: 1 }, gradNorms: {}, extra: {} };
            return { ...stats, toLogDict: () => stats.losses };
          },
        },
        dispose: { value: () => learner.dispose() },
      });
    },
  });
  return given;
}

it("gives an algorithm the chunks, histories and columns that it asks for, in the network's units", async () => {
  const spec: DataSpec = { horizon: 4, observationSteps: 2, nextObservation: false, columns: ["is_intervention"] };
  const given = registerProbe("chunks", spec);
  const core = await coreOf(await configOf("run", { algorithm: { type: "chunks" }, batch_size: 40 }));
  await core.train(1);
  const [{ action, actionIsPad, observation, nextObservation, truncated, complementaryInfo }] = given as [
    TrainingBatch,
  ];
  expect(action.shape).toEqual([40, 4, 1]);
  // Actions are within ±1, of ±2 that the policy has.
  expect(Math.max(...Array.from(action.data, Number))).toBeCloseTo((8 / 4.5 - 1) / 2, 3);
  expect(actionIsPad!.shape).toEqual([40, 4]);
  expect(actionIsPad!.data.filter((pad) => pad === 1)).toHaveLength(4 * (1 + 2 + 3));
  expect(observation["observation.state"]!.shape).toEqual([40, 2, 3]);
  expect(nextObservation).toEqual({});
  expect(truncated.shape).toEqual([40]);
  expect(complementaryInfo.is_intervention!.data.filter((flag) => flag === 1)).toHaveLength(6);
});

it("refuses an algorithm that asks for what is not there, before the first update", async () => {
  registerProbe("advantages", { horizon: 4, columns: ["advantage"] });
  const algorithm = { type: "advantages" };
  await expect(coreOf(await configOf("offline", { algorithm }))).rejects.toThrow(
    'algorithm "advantages" cannot learn from the dataset steps; missing: the column "advantage"',
  );
  await expect(coreOf(await configOf("online", { algorithm }), false)).rejects.toThrow(
    'algorithm "advantages" cannot learn from the replay buffers; missing: chunks of 4 actions, the column "advantage"',
  );
});
