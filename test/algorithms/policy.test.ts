/** The acting policy: choosing actions, saving, refusing bad input. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RandomBatches } from "../../src/algorithms/conformance.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { loadOnnxRuntime } from "../../src/tensor/backends/onnx/onnxruntime_node.ts";
import { flattenTree, nn, Random, Tensor, type Tree } from "../../src/tensor/index.ts";
import { saveSafetensors } from "../../src/tensor/safetensors/file.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { resnet10 } from "../../src/vision/index.ts";
import { CAMERA, STATE, smallPolicy, smallPolicyConfig, smallSac, WITH_CAMERA } from "./small.ts";

const GRIPPER = { num_discrete_actions: 3 };
const observe = (policy: GaussianActorPolicy) => new RandomBatches(policy.config, 5).next().observation;
const numbers = (tensors: TensorRecord) =>
  Object.fromEntries(Object.entries(tensors).map(([k, { data }]) => [k, data]));

/** The bits of all tensors; comparing millions of numbers one by one takes a minute. */
const bits = (tensors: TensorRecord) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { data }]) => {
      return [
        name,
        createHash("sha256")
          .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
          .digest("hex"),
      ];
    }),
  );

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-policy-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("choosing actions", () => {
  it("is the same every time when deterministic, and a new sample each time otherwise", async () => {
    const policy = smallPolicy();
    const observation = observe(policy);
    const best = await policy.act(observation, { deterministic: true });
    expect(await policy.act(observation, { deterministic: true })).toEqual(best);
    const sample = await policy.act(observation);
    expect((await policy.act(observation)).data).not.toEqual(sample.data);
    expect(sample.data).not.toEqual(best.data);
    for (const action of [best, sample]) {
      expect(action.shape).toEqual([8, 2]);
      expect(Math.max(...action.data.map(Math.abs))).toBeLessThan(1);
    }
  });

  it("appends the gripper's command as a whole number", async () => {
    const policy = smallPolicy(GRIPPER);
    const { shape, data } = await policy.act(observe(policy));
    expect(shape).toEqual([8, 3]);
    for (let row = 0; row < 8; row++) expect([0, 1, 2]).toContain(data[3 * row + 2]);
  });

  it("ignores dropout, with which the same weights are trained", async () => {
    const dropout = { ...WITH_CAMERA, actor_network_kwargs: { hidden_dims: [8, 8], dropout_rate: 0.9 } };
    const policy = smallPolicy(dropout);
    const observation = observe(policy);
    const best = await policy.act(observation, { deterministic: true });
    expect(await policy.act(observation, { deterministic: true })).toEqual(best);
  });

  it("names a missing feature", async () => {
    const policy = smallPolicy(WITH_CAMERA);
    const { [STATE]: state } = observe(policy);
    await expect(policy.act({ [STATE]: state! })).rejects.toThrow(
      `the observation has no "${CAMERA}", which the policy needs; it has ${STATE}`,
    );
  });
});

describe("a saved policy", () => {
  it.each([
    ["shared", {}],
    ["separate", { shared_encoder: false }],
  ])("acts exactly as before after reloading, with %s encoders", async (_, encoders) => {
    const policy = smallPolicy({ ...WITH_CAMERA, ...GRIPPER, ...encoders });
    await policy.savePretrained(folder);
    const restored = await GaussianActorPolicy.fromPretrained(folder, { random: new Random(77) });
    expect(numbers(restored.weights())).toEqual(numbers(policy.weights()));
    const observation = observe(policy);
    const [before, after] = await Promise.all(
      [policy, restored].map((each) => each.act(observation, { deterministic: true })),
    );
    expect(after).toEqual(before);
    expect(restored.config).toEqual(policy.config);
  });

  it("is refused with a list of all missing and unexpected tensors, and the weights are unchanged", async () => {
    const policy = smallPolicy();
    const { "actor.mean_layer.bias": bias, ...others } = policy.weights();
    const before = numbers(policy.weights());
    const renamed = { ...others, "_orig_mod.actor.mean_layer.bias": bias! };
    expect(() => policy.loadWeights(renamed)).toThrow(
      /missing: actor\.mean_layer\.bias\n {2}unexpected: _orig_mod\.actor\.mean_layer\.bias/,
    );
    expect(numbers(policy.weights())).toEqual(before);
  });

  it("is data only: code in its folder is not run, and a pickle in place of the weights is refused", async () => {
    const policy = smallPolicy();
    await policy.savePretrained(folder);
    await writeFile(join(folder, "modeling.py"), "raise SystemExit");
    await writeFile(join(folder, "index.js"), "process.exit(1)");
    await expect(GaussianActorPolicy.fromPretrained(folder)).resolves.toBeInstanceOf(GaussianActorPolicy);
    await writeFile(
      join(folder, "model.safetensors"),
      Uint8Array.of(0x80, 0x04, 0x95, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x2e),
    );
    await expect(GaussianActorPolicy.fromPretrained(folder)).rejects.toThrow(/model\.safetensors/);
    const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8")) as object;
    await writeFile(
      join(folder, "config.json"),
      JSON.stringify({ ...config, auto_map: { AutoModel: "modeling.Net" } }),
    );
    await expect(GaussianActorPolicy.fromPretrained(folder)).rejects.toThrow("auto_map: unknown key");
  });

  it("is refused if it asks for an action without tanh, which is not supported", () => {
    expect(() => smallPolicyConfig({ policy_kwargs: { use_tanh_squash: false } })).toThrow("use_tanh_squash");
  });
});

it("an exported model gives the policy's deterministic action in a separate runtime", async () => {
  const { InferenceSession, Tensor: OnnxTensor } = await loadOnnxRuntime();
  const policy = smallPolicy({ ...WITH_CAMERA, ...GRIPPER });
  const session = await InferenceSession.create(policy.exportOnnx(8));
  const observation = observe(policy);
  expect([...session.inputNames].sort()).toEqual([CAMERA, STATE]);
  const feeds = Object.entries(observation).map(([key, { data, shape }]) => {
    return [key, new OnnxTensor("float32", data as Float32Array, [...shape])];
  });
  const { action } = await session.run(Object.fromEntries(feeds) as Record<string, OrtTensor>);
  const expected = await policy.act(observation, { deterministic: true });
  expect(action!.dims).toEqual(expected.shape);
  for (const [i, value] of expected.data.entries())
    expect(Math.abs(Number(action!.data[i]) - value)).toBeLessThan(1e-6);
  await session.release();
});

describe("ResNet-10", () => {
  const backbone = resnet10();
  const parameters = backbone.init(new Random(3));

  it.each([
    [128, 4],
    [64, 2],
    [84, 3],
  ])("makes [512, n, n] features of images of %i pixels, n = %i", (pixels, side) => {
    expect(nn.outputShape(backbone, parameters, [2, 3, pixels, pixels])).toEqual([2, 512, side, side]);
  });

  it("loads its weights from a file, and keeps them bit for bit while frozen", async () => {
    const tensors = Object.fromEntries(flattenTree(parameters as Tree<Tensor>));
    await saveSafetensors(join(folder, "model.safetensors"), tensors);
    const camera = {
      input_features: { [CAMERA]: { type: "VISUAL", shape: [3, 32, 32] } },
      vision_encoder_name: folder,
    };
    const policy = await GaussianActorPolicy.create(smallPolicyConfig(camera), { threads: 1 });
    const prefix = "actor.encoder.image_encoder.image_enc_layers.";
    const loaded = (weights: TensorRecord) =>
      bits(
        Object.fromEntries(
          Object.entries(weights).flatMap(([name, tensor]) =>
            name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [],
          ),
        ),
      );
    expect(loaded(policy.weights())).toEqual(bits(tensors));

    const sac = smallSac({ policy: camera });
    sac.loadWeights(policy.weights());
    const { losses } = await sac.update(new RandomBatches(policy.config, 1));
    expect(losses.loss_actor).toBeDefined();
    expect(loaded(sac.weights())).toEqual(bits(tensors));
    await sac.dispose();
  });

  it("loads policies of earlier versions, whose files named the layers without their wrappers", () => {
    const camera = {
      input_features: { [CAMERA]: { type: "VISUAL", shape: [3, 32, 32] } },
      vision_encoder_name: "lerobot/resnet10",
    };
    const [policy, other] = [smallPolicy(camera, 1), smallPolicy(camera, 2)];
    const former = (name: string) =>
      name.replace(/\.(conv|group_norm)\.(weight|bias)$/, ".$2").replace(/(\.stages\.\d)\./, "$1.0.");
    const weights = Object.fromEntries(
      Object.entries(policy.weights()).map(([name, tensor]) => [former(name), tensor]),
    );
    expect(Object.keys(weights)).not.toEqual(Object.keys(policy.weights()));
    other.loadWeights(weights);
    expect(bits(other.weights())).toEqual(bits(policy.weights()));
  });

  it("is refused if the file belongs to another network", async () => {
    await saveSafetensors(join(folder, "model.safetensors"), { "fc.weight": Tensor.zeros([2, 2]) });
    const camera = { ...WITH_CAMERA, vision_encoder_name: folder };
    await expect(GaussianActorPolicy.create(smallPolicyConfig(camera))).rejects.toThrow(/unexpected: fc\.weight/);
  });
});
