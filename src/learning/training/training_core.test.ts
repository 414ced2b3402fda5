import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { records, smallConfig, transitionNumber } from "../../../test/learning/small_learner.ts";
import { everything } from "../../../test/learning/small_run.ts";
import { registerAlgorithm } from "../../algorithms/registry.ts";
import { SACAlgorithm } from "../../algorithms/sac/algorithm.ts";
import { SACAlgorithmConfigSchema } from "../../algorithms/sac/config.ts";
import { registerMixer } from "../../data/mixers.ts";
import { OnlineOfflineMixer } from "../../data/sources/online_offline_mixer.ts";
import type { GaussianActorPolicy } from "../../policies/gaussian_actor/policy.ts";
import type { Transition } from "../../replay/transition.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { parseSafetensors } from "../../tensor/safetensors/bytes.ts";
import { loadSafetensors } from "../../tensor/safetensors/file.ts";
import type { TensorRecord } from "../../tensor/safetensors/layout.ts";
import { checkpointStoreOf, openRunFolder } from "../run_folder/run_folder.ts";
import { TrainingCore } from "./training_core.ts";

let folder: string;
const open: TrainingCore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-learner-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((core) => core.dispose()));
  await rm(folder, { recursive: true });
});

async function coreOf(config: TrainRLServerPipelineConfig): Promise<TrainingCore> {
  const folder = await openRunFolder(config);
  await folder.begin();
  await folder.release(); // several cores of one run, one after the other
  const core = await TrainingCore.open({ config, folder });
  open.push(core);
  return core;
}

/** Everything of the run, read back from a checkpoint of it. */
async function stateOf(core: TrainingCore) {
  await core.save(null);
  const saved = await checkpointStoreOf(folder, core.config).load();
  const { run_id: _, ...runState } = saved.runState;
  const state = { ...everything(saved), runState };
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return state;
}

describe("TrainingCore", () => {
  it("stores what actors did online, and what a person did offline too", async () => {
    const core = await coreOf(smallConfig(folder));
    expect(core.addTransitions(records(0, 21))).toEqual([]);
    expect(core).toMatchObject({ interactionStep: 21, onlineSize: 21, offlineSize: 3, step: 0 });
    const { buffers } = await stateOf(core);
    const [[, , online], [, , offline]] = buffers as unknown as [
      [string, unknown, object[]],
      [string, unknown, object[]],
    ];
    const expected = (n: number) => {
      const { complementaryInfo, ...transition } = transitionNumber(n);
      return { ...transition, complementaryInfo: { discrete_penalty: 0, ...complementaryInfo } };
    };
    expect(online).toEqual(Array.from({ length: 21 }, (_, n) => expected(n)));
    expect(offline).toEqual([0, 7, 14].map(expected));
  });

  it("numbers the episodes of all actors, also when it continues", async () => {
    const given = (session: string, from: number, episode: number) =>
      records(from, 2, session).map(({ id, transition }) => ({ id, transition: { ...transition, episode } }));
    const first = await coreOf(smallConfig(folder));
    first.addTransitions([...given("left", 0, 1), ...given("right", 0, 1), ...given("left", 2, 2)]);
    await first.save(null);
    const second = await coreOf(smallConfig(folder, { resume: true }));
    second.addTransitions([...given("left", 4, 2), ...given("right", 2, 2), ...records(4, 1, "right")]);
    const { buffers } = await stateOf(second);
    const [[, , online], [, , offline]] = buffers as unknown as [
      [string, unknown, Transition[]],
      [string, unknown, Transition[]],
    ];
    expect(online.map(({ episode }) => episode)).toEqual([1, 1, 2, 2, 3, 3, 3, 3, 4, 4, undefined]);
    expect(offline.map(({ episode }) => episode)).toEqual([1, 2]);
  });

  it("names the transitions that no buffer may hold, and stores the others", async () => {
    const core = await coreOf(smallConfig(folder));
    const given = records(0, 3);
    given[1]!.transition.action[0] = 5;
    expect(core.addTransitions(given)).toEqual([
      { id: { session: "robot", sequence: 2 }, message: "transition rejected: action[0] is 5, outside [-2, 2]" },
    ]);
    expect(core).toMatchObject({ interactionStep: 3, onlineSize: 2 });
    expect(core.relabel({ session: "robot", sequence: 2, reward: 0 })).toBe("gone");
  });

  it("draws its batches with the mixer that the config names, and begins when that is ready", async () => {
    const mixed: unknown[] = [];
    registerMixer("from_five_on", (options) => {
      mixed.push(options.onlineRatio, options.batchSize);
      const mixer = new OnlineOfflineMixer(options);
      return Object.create(mixer, {
        isReady: { get: () => options.online.size >= 5 },
        next: { value: () => mixer.next() },
      });
    });
    const core = await coreOf(
      smallConfig(folder, { policy: { online_step_before_learning: 0 }, mixer: "from_five_on", online_ratio: 0.25 }),
    );
    expect(mixed).toEqual([0.25, 8]);
    core.addTransitions(records(0, 4));
    await core.train(1);
    expect(core.step).toBe(0);
    core.addTransitions(records(4, 1));
    await core.train(1);
    expect(core.step).toBe(1);
  });

  it("makes no update before the warm-up is over", async () => {
    const core = await coreOf(smallConfig(folder));
    core.addTransitions(records(0, 9));
    expect(await core.train(3)).toEqual({});
    expect(core.step).toBe(0);
    core.addTransitions(records(9, 1));
    expect(await core.train(3)).toMatchObject({ loss_critic: expect.any(Number), temperature: expect.any(Number) });
    expect(core.step).toBe(3);
  });

  it("learns: the weights that actors get change with every update, and the seed decides how", async () => {
    const weights = async (config: TrainRLServerPipelineConfig) => {
      const core = await TrainingCore.open({ config, folder: { path: folder, resumeFrom: null } });
      open.push(core);
      core.addTransitions(records(0, 20));
      const before = core.weights();
      await core.train(2);
      return [before, core.weights()];
    };
    const first = await weights(smallConfig(folder));
    expect(first[0]).not.toEqual(first[1]);
    expect(Object.keys(parseSafetensors(first[1]!).tensors)).toContain("actor.mean_layer.weight");
    expect(await weights(smallConfig(folder))).toEqual(first);
    expect(await weights(smallConfig(folder, { seed: 8 }))).not.toEqual(first);
  });

  it("corrects a label in every buffer that holds the transition, now or when it arrives", async () => {
    const core = await coreOf(smallConfig(folder));
    core.addTransitions(records(0, 10));
    const id = (sequence: number) => ({ session: "robot", sequence });
    expect(core.relabel({ ...id(8), reward: 5, terminated: true })).toBe("corrected");
    expect(core.relabel({ ...id(12), reward: -5, truncated: true })).toBe("waiting");
    core.addTransitions(records(10, 5));
    const { buffers } = await stateOf(core);
    const [[, , online], [, , offline]] = buffers as unknown as [
      [string, unknown, object[]],
      [string, unknown, object[]],
    ];
    expect(online[7]).toMatchObject({ reward: 5, terminated: true, truncated: false });
    expect(offline[1]).toEqual(online[7]);
    expect(online[11]).toMatchObject({ reward: -5, terminated: false, truncated: true });
    expect(online[10]).toMatchObject({ reward: 0, truncated: false });
  });

  it("gives actors the average of its weights, and saves it as the policy, with weight_average", async () => {
    const train = async (config: TrainRLServerPipelineConfig) => {
      const core = await coreOf(config);
      core.addTransitions(records(0, 20));
      const latest: TensorRecord[] = [];
      for (let update = 0; update < 3; update++) {
        await core.train(1);
        latest.push(parseSafetensors(core.weights()).tensors);
      }
      return { latest, saved: (await core.save(null)).folder };
    };
    const plain = await train(smallConfig(join(folder, "plain")));
    const averaged = await train(smallConfig(join(folder, "averaged"), { handrail: { weight_average: 0.05 } }));
    const name = "actor.mean_layer.weight";
    const [, second, third] = plain.latest.map((weights) => weights[name]!.data as Float32Array);
    const [, , average] = averaged.latest.map((weights) => weights[name]!.data as Float32Array);
    average!.forEach((value, i) => {
      expect(value).toBeCloseTo(0.95 * third![i]! + 0.05 * second![i]!, 4);
    });
    expect(average).not.toEqual(third);
    const read = async (file: string) => (await loadSafetensors(join(averaged.saved, file))).tensors[name]!.data;
    expect(await read("pretrained_model/model.safetensors")).toEqual(average);
    expect(await read("training_state/trained_weights.safetensors")).toEqual(third);
  });

  it("averages the weights of an algorithm that does not keep the average itself, with the same result", async () => {
    class LeavesItToTheLearner extends SACAlgorithm {
      override averagedWeights(): undefined {}
    }
    registerAlgorithm("unaveraged_sac", {
      schema: z.looseObject({ type: z.literal("unaveraged_sac") }),
      create: (config, policy: GaussianActorPolicy, options) =>
        new LeavesItToTheLearner({ ...SACAlgorithmConfigSchema.parse({ ...config, type: "sac" }) }, policy, options),
    });
    const averages: TensorRecord[] = [];
    for (const type of ["sac", "unaveraged_sac"]) {
      const config = smallConfig(join(folder, type), { algorithm: { type }, handrail: { weight_average: 0.3 } });
      const core = await coreOf(config);
      core.addTransitions(records(0, 20));
      await core.train(12);
      averages.push(parseSafetensors(core.weights()).tensors);
    }
    const [kept, computed] = averages as [TensorRecord, TensorRecord];
    expect(Object.keys(kept)).toEqual(Object.keys(computed));
    for (const [name, { data }] of Object.entries(computed)) {
      const values = kept[name]!.data as Float32Array;
      (data as Float32Array).forEach((value, i) => {
        expect(Math.abs(value - values[i]!)).toBeLessThan(1e-6 * (1 + Math.abs(value)));
      });
    }
  });

  it.each([null, 0.9])(
    "continues from a checkpoint bit for bit, with weight_average=%s: 2N updates are N, a save, a load and N more",
    async (weight_average) => {
      const half = async (core: TrainingCore, from: number) => {
        for (let i = from; i < from + 30; i += 3) {
          core.addTransitions(records(i, 3));
          await core.train(2);
        }
        core.relabel({ session: "robot", sequence: from + 2, reward: 3 });
        core.relabel({ session: "robot", sequence: from + 33, reward: 4 });
      };
      const config = smallConfig(folder, { handrail: { keep_checkpoints: null, weight_average } });
      const whole = await coreOf(config);
      await half(whole, 0);
      await half(whole, 30);
      const expected = await stateOf(whole);
      await rm(join(folder, "checkpoints"), { recursive: true });

      const first = await coreOf(config);
      await half(first, 0);
      const { folder: checkpoint } = await first.save(null);
      const resumed = await coreOf({ ...config, resume: true });
      expect(resumed).toMatchObject({ runId: first.runId, interactionStep: 30, step: first.step });
      expect(checkpoint).toContain("000014");
      await half(resumed, 30);
      expect(await stateOf(resumed)).toEqual(expected);
    },
  );

  it("rates the checkpoint of the step that a score was given at, or else the next one, and no other", async () => {
    const config = smallConfig(folder, { handrail: { keep_checkpoints: null } });
    const core = await coreOf(config);
    core.addTransitions(records(0, 20));
    await core.train(1);
    await core.save(null);
    await core.setScore(0.5);
    await core.train(1);
    await core.save(null);
    await core.train(1);
    await core.setScore(0.7);
    await core.train(1);
    await core.save(null);
    await core.save(null);
    const saved = await checkpointStoreOf(folder, config).list();
    expect(saved.map(({ step, score }) => [step, score])).toEqual([
      [1, 0.5],
      [2, undefined],
      [4, 0.7],
    ]);
    await expect(core.setScore(Number.NaN)).rejects.toThrow("score must be a finite number");
  });

  it("refuses to go on with another policy or algorithm, naming every difference", async () => {
    const core = await coreOf(smallConfig(folder));
    await core.save(null);
    const changed = smallConfig(folder, {
      resume: true,
      batch_size: 16,
      save_freq: 10,
      policy: { latent_dim: 16, online_steps: 5 },
      algorithm: { discount: 0.5 },
    });
    await expect(coreOf(changed)).rejects.toThrow(
      /policy.latent_dim: 8 in the checkpoint, 16 in the config\n {2}algorithm.discount: 0.99 in the checkpoint, 0.5 in/,
    );
    const unchanged = smallConfig(folder, { resume: true, batch_size: 16, policy: { online_steps: 5 } });
    expect((await coreOf(unchanged)).config.batch_size).toBe(16);
  });
});

describe("the folder of a run", () => {
  it("is not used for a second run, nor silently begun anew", async () => {
    await expect(coreOf(smallConfig(folder, { resume: true }))).rejects.toThrow(
      /resume is true, but there is no checkpoint in .*checkpoints: check output_dir/,
    );
    await (await coreOf(smallConfig(folder))).save(null);
    await expect(coreOf(smallConfig(folder))).rejects.toThrow(/already holds a run with checkpoints: set resume=true/);
    await expect(coreOf({ ...smallConfig(folder), output_dir: null })).rejects.toThrow("output_dir is null");
  });

  it("starts from pretrained weights when the config names some", async () => {
    const first = await coreOf(smallConfig(join(folder, "first")));
    first.addTransitions(records(0, 20));
    await first.train(5);
    const { folder: checkpoint } = await first.save(null);
    const pretrained_path = join(checkpoint, "pretrained_model");
    const second = await coreOf(smallConfig(join(folder, "second"), { policy: { pretrained_path } }));
    expect(second.step).toBe(0);
    expect(second.weights()).toEqual(first.weights());
  });
});
