import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadSafetensors, saveSafetensors } from "../../tensor/safetensors/file.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { describeRewardModel } from "../conformance.ts";
import { saveCheckpoint } from "./checkpoint.ts";
import { type RewardClassifierConfig, RewardClassifierConfigSchema, readClassifierConfig } from "./config.ts";
import { cameraStatistics, imageNormalization } from "./normalization.ts";
import { RewardClassifier } from "./reward_classifier.ts";

const FRONT = "observation.images.front";
const WRIST = "observation.images.wrist";
const SMALL = { latent_dim: 4, hidden_dim: 4, image_embedding_pooling_dim: 2, image_encoder_hidden_dim: 4 };
const camera = (side: number) => ({ type: "VISUAL", shape: [3, side, side] });
const INPUTS = { [FRONT]: camera(64), [WRIST]: camera(64) };

const configOf = (values: object = {}): RewardClassifierConfig =>
  RewardClassifierConfigSchema.parse({ model_name: null, input_features: INPUTS, ...SMALL, ...values });

/** Images of one pixel value per camera and a gradient, so that places matter. */
function observation(front: number, wrist: number, side = 64) {
  const image = (value: number) =>
    new Tensor(
      "uint8",
      [3, side, side],
      Uint8Array.from({ length: 3 * side * side }, (_, i) => (value + (i % side)) % 256),
    );
  return { [FRONT]: image(front), [WRIST]: image(wrist) };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-classifier-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open: RewardClassifier[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});
function using(classifier: RewardClassifier): RewardClassifier {
  open.push(classifier);
  return classifier;
}

async function save(values: object = {}, decision?: { success_threshold: number; debounce: number }) {
  const config = configOf(values);
  const statistics = cameraStatistics(config);
  const classifier = using(new RewardClassifier(config, { normalization: imageNormalization(config, statistics) }));
  await saveCheckpoint(folder, { config, parameters: classifier.parameters(), statistics, decision });
  return classifier;
}
const load = async (options: Parameters<typeof RewardClassifier.fromPretrained>[1] = {}) =>
  using(await RewardClassifier.fromPretrained(folder, options));
const content = async (name: string) => JSON.parse(await readFile(join(folder, name), "utf8"));
const rewrite = (name: string, value: unknown) => writeFileAtomic(join(folder, name), JSON.stringify(value));

describe("a reward classifier's files", () => {
  it("have LeRobot's names of tensors, each once, and its other names in the metadata", async () => {
    await save({ model_name: "lerobot/resnet10" });
    const { tensors, metadata } = await loadSafetensors(join(folder, "model.safetensors"));
    const perCamera = ["1.kernel", "3.bias", "3.weight", "4.bias", "4.weight"];
    const heads = ["0", "2", "4"].flatMap((layer) => [`${layer}.bias`, `${layer}.weight`]);
    expect(
      Object.keys(tensors)
        .filter((name) => !name.startsWith("encoder."))
        .sort(),
    ).toEqual([
      ...heads.map((name) => `classifier_head.${name}`),
      ...perCamera.map((name) => `encoders.observation_images_front.${name}`),
      ...perCamera.map((name) => `encoders.observation_images_wrist.${name}`),
    ]);
    const encoder = Object.keys(tensors).filter((name) => name.startsWith("encoder."));
    const stage = (i: number) =>
      ["conv1.conv.weight", "conv2.conv.weight", "norm1.group_norm.bias", "norm1.group_norm.weight"]
        .concat(["norm2.group_norm.bias", "norm2.group_norm.weight"])
        .concat(i === 0 ? [] : ["shortcut.0.conv.weight", "shortcut.1.group_norm.bias", "shortcut.1.group_norm.weight"])
        .map((name) => `encoder.encoder.stages.${i}.${name}`);
    const stem = ["0.weight", "1.group_norm.bias", "1.group_norm.weight"].map((name) => `encoder.embedder.${name}`);
    expect(encoder.sort()).toEqual([...stem, ...[0, 1, 2, 3].flatMap(stage)]);
    expect(metadata).toMatchObject({
      format: "pt",
      "encoders.observation_images_front.0.embedder.0.weight": "encoder.embedder.0.weight",
      "encoders.observation_images_wrist.0.embedder.0.weight": "encoder.embedder.0.weight",
    });
    expect(Object.keys(metadata)).toHaveLength(1 + 2 * encoder.length);
    // LeRobot refuses keys that it does not know.
    expect(Object.keys(await content("config.json"))).not.toContain("image_encoder_hidden_dim");
  });

  it("judge the same after saving and loading, with the decision beside them", async () => {
    const saved = await save({}, { success_threshold: 0.8, debounce: 2 });
    const loaded = await load();
    expect(loaded.defaults).toEqual({ success_threshold: 0.8, debounce: 2 });
    const seen = observation(10, 90);
    expect(await loaded.judge(seen)).toBe(await saved.judge(seen));
    expect(await loaded.judge(observation(90, 10))).not.toBe(await saved.judge(seen));
  });

  it("may name the encoder's tensors as those of a camera", async () => {
    const saved = await save();
    const file = join(folder, "model.safetensors");
    const { tensors } = await loadSafetensors(file);
    const renamed = Object.entries(tensors).map(([name, tensor]) => [
      name.replace(/^encoder\./, "encoders.observation_images_wrist.0."),
      tensor,
    ]);
    await saveSafetensors(file, Object.fromEntries(renamed));
    expect(await (await load()).judge(observation(1, 2))).toBe(await saved.judge(observation(1, 2)));
  });

  it("say how images are normalised, unless they are to be judged as LeRobot does", async () => {
    const saved = await save();
    const notes: string[] = [];
    const raw = await load({ normalize: false, note: (message) => notes.push(message) });
    const unnormalized = using(new RewardClassifier(saved.config, {}, saved.parameters()));
    expect(await raw.judge(observation(10, 90))).toBe(await unnormalized.judge(observation(10, 90)));
    expect(await raw.judge(observation(10, 90))).not.toBe(await saved.judge(observation(10, 90)));
    await load({ note: (message) => notes.push(message) });
    expect(notes).toEqual([
      expect.stringContaining("images are not normalised, as in LeRobot's deployment"),
      expect.stringContaining("images are normalised by classifier_preprocessor.json"),
    ]);
  });

  it("have LeRobot's two pipelines", async () => {
    await save();
    const { name, steps } = await content("classifier_preprocessor.json");
    expect(name).toBe("classifier_preprocessor");
    expect(steps.map(({ registry_name }: { registry_name: string }) => registry_name)).toEqual([
      "normalizer_processor",
      "normalizer_processor",
      "device_processor",
    ]);
    const { tensors } = await loadSafetensors(
      join(folder, "classifier_preprocessor_step_0_normalizer_processor.safetensors"),
    );
    expect(tensors[`${FRONT}.mean`]!.shape).toEqual([3, 1, 1]);
    expect((await content("classifier_postprocessor.json")).steps[1].class).toBe(
      "lerobot.processor.pipeline.IdentityProcessorStep",
    );
  });

  it("of the year 2025 have a policy's keys, and the statistics among the weights", async () => {
    const saved = await save();
    const file = join(folder, "model.safetensors");
    const { tensors } = await loadSafetensors(file);
    const channel = (values: number[]) => Tensor.of([3, 1, 1], values);
    const statistics = Object.fromEntries(
      ["front", "wrist"].flatMap((name) => [
        [`normalize_inputs.buffer_observation_images_${name}.mean`, channel([0.485, 0.456, 0.406])],
        [`normalize_inputs.buffer_observation_images_${name}.std`, channel([0.229, 0.224, 0.225])],
      ]),
    );
    await saveSafetensors(file, { ...tensors, ...statistics });
    await rm(join(folder, "classifier_preprocessor.json"));
    const notes: string[] = [];
    await rewrite("config.json", { ...(await content("config.json")), n_obs_steps: 1, use_amp: false, old: 1 });
    const loaded = await load({ note: (message) => notes.push(message) });
    expect(await loaded.judge(observation(10, 90))).toBeCloseTo(await saved.judge(observation(10, 90)), 6);
    expect(notes[0]).toMatch(/config\.json: ignored, as this version does not know them: old$/);
    expect(notes[1]).toContain("by the statistics among its weights");
  });

  it("that lack tensors or have others are refused with the names", async () => {
    await save();
    const file = join(folder, "model.safetensors");
    const { tensors } = await loadSafetensors(file);
    const { "classifier_head.4.bias": _, ...rest } = tensors;
    await saveSafetensors(file, {
      ...rest,
      "classifier_head.4.bais": Tensor.zeros([1]),
      "encoder.0.bias": Tensor.zeros([3]),
    });
    await expect(load()).rejects.toThrow(
      /missing: classifier_head\.4\.bias\n|encoder\.0\.bias: is float32 \[3\], expected float32 \[4\]/,
    );
    await expect(load()).rejects.toThrow("unexpected: classifier_head.4.bais");
  });
});

describe("a reward classifier", () => {
  it("depends on the order of its cameras", async () => {
    const classifier = using(new RewardClassifier(configOf()));
    expect(await classifier.judge(observation(10, 200))).not.toBe(await classifier.judge(observation(200, 10)));
  });

  it("takes images of any size that its encoder takes, and cameras of different sizes", async () => {
    const inputs = { [FRONT]: camera(64), [WRIST]: camera(96) };
    const classifier = using(new RewardClassifier(configOf({ input_features: inputs })));
    const seen = { [FRONT]: observation(1, 2)[FRONT]!, [WRIST]: observation(1, 2, 96)[WRIST]! };
    expect(await classifier.judge(seen)).toBeGreaterThan(0);
  });

  it("judges more than two classes by the probability of the last one", async () => {
    const classifier = using(new RewardClassifier(configOf({ num_classes: 3 })));
    const probability = await classifier.judge(observation(1, 2));
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(1);
    const parameters = classifier.parameters();
    const head = parameters.classifier_head as Record<string, { weight: Tensor; bias: Tensor }>;
    const sure = { ...head, "4": { ...head["4"]!, bias: Tensor.of([3], [0, 0, 50]) } };
    const other = using(new RewardClassifier(classifier.config, {}, { ...parameters, classifier_head: sure }));
    expect(await other.judge(observation(1, 2))).toBeGreaterThan(0.99);
  });

  it("is configured with as many cameras as it says, of one number of channels", () => {
    const read = (values: object) => readClassifierConfig({ type: "reward_classifier", ...values }, "config.json");
    expect(read({ input_features: INPUTS })).toMatchObject({ num_cameras: 2, model_name: "lerobot/resnet10" });
    expect(() => read({ input_features: INPUTS, num_cameras: 1 })).toThrow(
      `num_cameras: is 1, but input_features has 2: ${FRONT}, ${WRIST}`,
    );
    expect(() => read({ input_features: { "observation.state": { type: "STATE", shape: [3] } } })).toThrow(
      "needs a camera",
    );
    const gray = { [FRONT]: camera(64), [WRIST]: { type: "VISUAL", shape: [1, 64, 64] } };
    expect(() => read({ input_features: gray })).toThrow("all cameras share one encoder");
    expect(() => readClassifierConfig({ type: "sac" }, "config.json")).toThrow('is "sac", not "reward_classifier"');
    expect(() => read({ input_features: INPUTS, model_type: "transformer" })).toThrow("model_type");
  });

  it("names the camera that an observation lacks", async () => {
    const classifier = using(new RewardClassifier(configOf()));
    await expect(classifier.judge({ [FRONT]: observation(1, 2)[FRONT]! })).rejects.toThrow(`has no "${WRIST}"`);
  });
});

describeRewardModel("the reward classifier", { create: () => new RewardClassifier(configOf()) }, { describe, it });
