import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { stepFeatures } from "../../src/datasets/schema/step_columns.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { writeTransitions } from "../../src/datasets/writing/write_transitions.ts";
import type { SavedRun } from "../../src/learning/checkpoints/contents.ts";
import type { Learner } from "../../src/learning/learner.ts";
import { checkpointStoreOf, openRunFolder } from "../../src/learning/run_folder/run_folder.ts";
import { TrainingCore } from "../../src/learning/training/training_core.ts";
import { TrainingLoop } from "../../src/learning/training/training_loop.ts";
import { exportReplay } from "../../src/runs/export_replay/export_replay.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { TransitionCodec } from "../../src/spec/transition_message.ts";
import { Tensor } from "../../src/tensor/index.ts";
import { parseSafetensors } from "../../src/tensor/safetensors/bytes.ts";
import { allWeights } from "../../src/transport/codec/all_weights.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import type { ActorEndpoint, Transport } from "../../src/transport/transport.ts";
import { CAMERA } from "../algorithms/small.ts";
import { program } from "../build.ts";
import { PATIENCE_S, until } from "../until.ts";
import { cameraConfig, cameraRecords, cameraTransition } from "./camera_run.ts";
import { trainThrough } from "./camera_training.ts";
import { startLearner } from "./running.ts";
import { everything } from "./small_run.ts";

let folder: string;
const open: TrainingCore[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-features-"));
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((core) => core.dispose()));
  await rm(folder, { recursive: true });
});

type Tell = (message: string) => void;

async function coreOf(config: TrainRLServerPipelineConfig, inform: Tell = () => {}, warn: Tell = () => {}) {
  const runFolder = await openRunFolder(config);
  await runFolder.begin();
  await runFolder.release();
  const core = await TrainingCore.open({ config, folder: runFolder, inform, warn });
  open.push(core);
  return core;
}

async function savedRun(core: TrainingCore): Promise<SavedRun> {
  await core.save(null);
  const saved = await checkpointStoreOf(core.config.output_dir!, core.config).load();
  await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  return saved;
}

async function stateOf(core: TrainingCore) {
  const saved = await savedRun(core);
  // Batches show the features, which transitions do not have.
  return { ...everything(saved), batches: Object.values(saved.buffers).map((buffer) => buffer.sample(64)) };
}

/** A dataset of `count` transitions, of which every tenth ends an episode. */
async function writeDataset(config: TrainRLServerPipelineConfig, count: number): Promise<string> {
  const root = join(folder, "dataset");
  const features = stepFeatures(replayFeaturesOf(config), { cameras: "image" });
  const writer = await DatasetWriter.create({ root, fps: 10, features });
  const steps = Array.from({ length: count }, (_, n) => cameraTransition(1000 + n));
  const whole = steps.map((step) => ({
    ...step,
    complementaryInfo: { discrete_penalty: 0, ...step.complementaryInfo },
  }));
  await writeTransitions(writer, whole, "count");
  await writer.close();
  return root;
}

describe("a run with a frozen encoder", () => {
  it("stores features of every image, and trains on them", async () => {
    const core = await coreOf(cameraConfig(folder));
    await trainThrough(core, 0, 40);
    expect(core.step).toBe(30);
    const { buffers } = await savedRun(core);
    for (const buffer of Object.values(buffers)) {
      expect(buffer.encoding).toMatchObject({ shapes: { [CAMERA]: [4, 1, 1] }, variants: 3, keepsImages: true });
      expect(buffer.encoding!.encoder).toMatch(/^[0-9a-f]{64}$/);
      expect(buffer.drawable).toBeGreaterThan(0);
    }
    expect(buffers.online!.at(39)).toMatchObject(cameraTransition(39));
  });

  it("does not, if the config says so or the encoder learns", async () => {
    const off = await savedRun(await coreOf(cameraConfig(join(folder, "off"), { cache: false })));
    expect(off.buffers.online!.encoding).toBeUndefined();
    const learning = cameraConfig(join(folder, "learning"), {}, { policy: { freeze_vision_encoder: false } });
    expect((await savedRun(await coreOf(learning))).buffers.online!.encoding).toBeUndefined();
    const wanted = cameraConfig(join(folder, "on"), { cache: true }, { policy: { freeze_vision_encoder: false } });
    await expect(coreOf(wanted)).rejects.toThrow("handrail.image_features.cache is true");
  });

  it.each([true, false])("is the same whenever its images are encoded (kept: %s)", async (keep_images) => {
    const atOnce = await coreOf(cameraConfig(join(folder, "at-once"), { keep_images }));
    atOnce.addTransitions(cameraRecords(0, 9));
    await atOnce.encodeImages();
    atOnce.addTransitions(cameraRecords(9, 16));
    await atOnce.encodeImages();
    const oneByOne = await coreOf(cameraConfig(join(folder, "one-by-one"), { keep_images }));
    for (const record of cameraRecords(0, 25)) {
      oneByOne.addTransitions([record]);
      // The shortest turn: one frame. The second buffer falls behind.
      await oneByOne.encodeImages(0);
    }
    expect(oneByOne.waitingFrames).toBeGreaterThan(3);
    await oneByOne.encodeImages();
    for (const core of [atOnce, oneByOne]) await core.train(5);
    expect(atOnce.step).toBe(5);
    expect(await stateOf(oneByOne)).toEqual(await stateOf(atOnce));
  });

  it.each([true, false])(
    "killed and resumed, continues bit for bit like one that was not (images kept: %s)",
    async (keep) => {
      const output = join(folder, "killed");
      const trainer = spawn(process.execPath, [program("learning/processes/camera_trainer"), output, String(keep)], {
        stdio: ["ignore", "ignore", "inherit"],
      });
      expect(await once(trainer, "exit")).toEqual([null, "SIGKILL"]);
      const config = (name: string, values = {}) => cameraConfig(join(folder, name), { keep_images: keep }, values);
      const resumed = await coreOf(config("killed", { resume: true }));
      expect([resumed.interactionStep, resumed.waitingFrames]).toEqual([20, 1]);
      await trainThrough(resumed, 20, 40);
      const whole = await coreOf(config("whole"));
      await trainThrough(whole, 0, 40);
      expect(await stateOf(resumed)).toEqual(await stateOf(whole));
    },
  );

  it("trains when the demonstrations that it begins with are encoded, and says how long that takes", async () => {
    const root = await writeDataset(cameraConfig(folder), 40);
    const dataset = { repo_id: "steps", root };
    const config = cameraConfig(join(folder, "run"), {}, { dataset, policy: { online_step_before_learning: 0 } });
    const news: string[] = [];
    const core = await coreOf(config, (message) => news.push(message));
    core.addTransitions(cameraRecords(0, 5));
    expect([core.offlineSize, core.waitingFrames]).toEqual([41, 44 + 2 + 6]);
    await core.encodeImages(0);
    expect([core.warmedUp, news]).toEqual([
      false,
      [expect.stringMatching(/^images are encoded, once each: 1 of 44 frames, about \d+ s left$/)],
    ]);
    await core.train(3);
    expect(core.step).toBe(0);
    await core.encodeImages();
    expect(core.warmedUp).toBe(true);
    await core.train(3);
    expect(core.step).toBe(3);
  });

  it("warns if images arrive faster than they are encoded", async () => {
    const warnings: string[] = [];
    const core = await coreOf(cameraConfig(folder), undefined, (message) => warnings.push(message));
    warnings.length = 0;
    core.addTransitions(cameraRecords(0, 150));
    await core.encodeImages(0);
    expect(warnings).toEqual([]);
    core.addTransitions(cameraRecords(150, 150));
    for (let i = 0; i < 3; i++) await core.encodeImages(0);
    expect(warnings).toEqual([
      expect.stringMatching(/^images arrive faster .*: 3\d\d frames wait, .*image_features\.shifts/),
    ]);
  });

  it("continues without features from a checkpoint that has none, and says so", async () => {
    const before = await coreOf(cameraConfig(folder, { cache: false }));
    await trainThrough(before, 0, 12);
    await before.save(null);
    // A config of an earlier version has the default.
    const store = checkpointStoreOf(folder, before.config);
    const saved = await store.load();
    await store.save({ ...saved, trainConfig: cameraConfig(folder) });
    await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
    const news: string[] = [];
    const core = await coreOf(cameraConfig(folder, {}, { resume: true }), (message) => news.push(message));
    expect(news).toEqual([expect.stringContaining("saved without image features")]);
    await core.train(2);
    expect(core.step).toBe(before.step + 2);
  });

  it("encodes between updates and while it waits, in a loop of its own", async () => {
    const core = await coreOf(cameraConfig(folder));
    const loop = new TrainingLoop(core, () => {});
    await loop.ask({ type: "open" });
    await loop.ask({ type: "transitions", records: cameraRecords(0, 8) });
    await loop.ask({ type: "resume" });
    const running = loop.run();
    await until(() => core.waitingFrames === 0, "images encoded during the warm-up");
    expect(core.step).toBe(0);
    await loop.ask({ type: "transitions", records: cameraRecords(8, 30) });
    await until(() => core.waitingFrames === 0 && core.step > 10, "images encoded during training");
    await loop.ask({ type: "pause" });
    await loop.ask({ type: "transitions", records: cameraRecords(38, 3) });
    const { step } = core;
    await loop.ask({ type: "transitions", records: [] });
    expect([core.step, core.waitingFrames]).toEqual([step, 3]);
    await loop.close();
    await running;
  });
});

describe("another encoder", () => {
  /** A saved run whose encoder is then replaced in its checkpoint. */
  async function runWithOtherEncoder(keep_images: boolean) {
    const core = await coreOf(cameraConfig(folder, { keep_images }));
    await trainThrough(core, 0, 20);
    await core.save(null);
    const store = checkpointStoreOf(folder, core.config);
    const saved = await store.load();
    const replaced = Object.entries(saved.algorithm.weights()).map(([name, tensor]) => {
      const other = Tensor.of(
        tensor.shape,
        (tensor.data as Float32Array).map((value) => value / 2),
      );
      return [name, name.includes("image_encoder") ? other : tensor];
    });
    saved.algorithm.loadWeights(Object.fromEntries(replaced));
    await store.save(saved);
    await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
  }

  it("than the features' is refused when a run resumes, naming both", async () => {
    await runWithOtherEncoder(true);
    const resumed = coreOf(cameraConfig(folder, {}, { resume: true }));
    await expect(resumed).rejects.toThrow(
      /another encoder: theirs has the SHA-256 [0-9a-f]{64}, this run's [0-9a-f]{64}.*handrail\.image_features\.encode_again=true/,
    );
  });

  it("encodes all images again if that is wanted and they were kept", async () => {
    await runWithOtherEncoder(true);
    const core = await coreOf(cameraConfig(folder, { encode_again: true }, { resume: true }));
    expect([core.warmedUp, core.waitingFrames]).toEqual([false, 21 + 6]);
    await trainThrough(core, 20, 25);
    expect(core.step).toBe(15);
  });

  it("needs a new run if the images were not kept", async () => {
    await runWithOtherEncoder(false);
    const config = cameraConfig(folder, { encode_again: true, keep_images: false }, { resume: true });
    await expect(coreOf(config)).rejects.toThrow("begin a new run, since the images were not kept");
  });
});

it("images that were dropped cannot be exported, which is said before anything is written", async () => {
  const core = await coreOf(cameraConfig(folder, { keep_images: false }));
  await trainThrough(core, 0, 20);
  await core.save(null);
  const root = join(folder, "exported");
  await expect(exportReplay(folder, { root })).rejects.toThrow(
    /"online" .* has no images.*handrail\.image_features\.keep_images/,
  );
});

describe("a frozen encoder's weights", () => {
  const isFrozen = (name: string) => name.includes("image_encoder");

  async function received(transport: Transport) {
    const { learner } = await startLearner(cameraConfig(folder), {}, transport);
    const actor = await transport.createActor();
    const first = await actor.waitForWeights(PATIENCE_S);
    await send(actor, learner, 0, 20);
    await learner.train(3);
    const second = await actor.waitForWeights(PATIENCE_S);
    await actor.close();
    await learner.stop();
    const saved = await checkpointStoreOf(folder, cameraConfig(folder)).load();
    const weights = saved.algorithm.weights();
    await Promise.all([saved.algorithm.dispose(), saved.policy.dispose()]);
    return { first, second, weights };
  }

  async function send(actor: ActorEndpoint, learner: Learner, from: number, count: number): Promise<void> {
    const codec = new TransitionCodec(replayFeaturesOf(cameraConfig(folder)));
    for (let n = from; n < from + count; n++) await actor.sendTransition(codec.toMessage(cameraTransition(n)));
    await actor.flush(PATIENCE_S);
    expect(learner.progress.interactionStep).toBe(from + count);
  }

  it("reach an actor as a part of their own, whole again when the policy loads them", async () => {
    const { first, second, weights } = await received(new InProcessTransport());
    for (const each of [first, second]) {
      const changing = Object.keys(parseSafetensors(each.safetensors, "weights").tensors);
      const frozen = Object.keys(parseSafetensors(each.frozen!.safetensors, "weights").tensors);
      expect(changing.sort()).toEqual(
        Object.keys(weights)
          .filter((name) => !isFrozen(name))
          .sort(),
      );
      expect(frozen.sort()).toEqual(Object.keys(weights).filter(isFrozen).sort());
    }
    expect(second.version).toBe(3);
    expect(second.frozen).toBe(first.frozen);
    expect(allWeights(second, "weights")).toEqual(weights);
  });

  it("are in one file with the others, over a transport that does not take them apart", async () => {
    const inner = new InProcessTransport();
    const transport: Transport = {
      createActor: (options) => inner.createActor(options),
      createLearner: async (options) => {
        const { takesFrozenWeights: _, ...endpoint } = await inner.createLearner(options);
        return endpoint;
      },
    };
    const { second, weights } = await received(transport);
    expect(second.frozen).toBeUndefined();
    expect(parseSafetensors(second.safetensors, "weights").tensors).toEqual(weights);
  });
});
