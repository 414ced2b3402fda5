/** The reward classifier against PyTorch's outputs (test/data/reward_classifier). */
import { beforeAll, describe, expect, it } from "vitest";
import { type RewardClassifierConfig, RewardClassifierConfigSchema } from "../../src/rewards/classifier/config.ts";
import { ClassifierNetwork, classifierLoss } from "../../src/rewards/classifier/network.ts";
import { cameraStatistics, imageNormalization } from "../../src/rewards/classifier/normalization.ts";
import { normalized, RewardClassifier } from "../../src/rewards/classifier/reward_classifier.ts";
import { trainingStep } from "../../src/rewards/classifier/training/training_step.ts";
import { compile, nn, ops, Random, State, spec, Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { flattenTree, type Tree } from "../../src/tensor/tree.ts";
import { resnet10 } from "../../src/vision/index.ts";
import { byFormula, FRONT, imagesByFormula, recorded, WRIST } from "./formula_classifier.ts";

let outputs: TensorRecord;
beforeAll(async () => {
  outputs = await recorded();
});

const numbers = (name: string) => Array.from(outputs[name]!.data, Number);

/** The largest difference, as a share of the largest expected number. */
function deviation(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value))) / scale;
}

const configOf = (cameras: readonly string[], values: object = {}): RewardClassifierConfig =>
  RewardClassifierConfigSchema.parse({
    input_features: Object.fromEntries(cameras.map((key) => [key, { type: "VISUAL", shape: [3, 128, 128] }])),
    ...values,
  });

const images = (batch: number) => ({
  [FRONT]: imagesByFormula(FRONT, batch, 128),
  [WRIST]: imagesByFormula(WRIST, batch, 128),
});

describe("ResNet-10", () => {
  const features = async (side: number, encoder: nn.Module) => {
    const state = new State(byFormula(encoder.init(new Random(0))));
    const program = compile(
      ({ inputs, state: weights }) => ({ outputs: encoder.apply(weights, inputs.cast("float32").mul(1 / 255)) }),
      { inputs: spec([1, 3, side, side], "uint8"), state },
    );
    const result = (await program.run(imagesByFormula("encoder", 1, side))) as Tensor;
    await program.dispose();
    return result.data as Float32Array;
  };

  it.each([84, 128])("has PyTorch's features of an image of %d²", async (side) => {
    expect(deviation(await features(side, resnet10()), numbers(`resnet10_${side}`))).toBeLessThan(2e-5);
  });

  it("has other features with the symmetric padding of common ResNets", async () => {
    const pool = (x: Parameters<typeof ops.relu>[0]) => ops.maxPool2d(x, 3, { stride: 2, padding: 1 });
    const ours = resnet10();
    const symmetric: nn.Module = {
      init: (random) => ours.init(random),
      apply: (parameters, x) => {
        const { embedder, encoder } = parameters as never as Record<string, Record<string, Record<string, never>>>;
        const stem = nn.sequential([nn.conv2d(3, 64, 7, { stride: 2, padding: 3, bias: false })]);
        const hidden = ops.relu(
          nn.groupNorm(4, 64).apply(embedder![1]!.group_norm!, stem.apply({ 0: embedder![0]! } as never, x)),
        );
        return Object.values(encoder!.stages!).reduce(
          (value, block, i) => symmetricBlock(block as never, value, i === 0 ? 1 : 2),
          pool(hidden),
        );
      },
    };
    expect(deviation(await features(128, symmetric), numbers("resnet10_128"))).toBeGreaterThan(0.05);
  });
});

/** A basic block as torchvision pads it. */
function symmetricBlock(
  block: Record<string, Record<string, Record<string, never>>>,
  x: Parameters<typeof ops.relu>[0],
  stride: number,
): typeof x {
  const norm = (name: string, value: typeof x) =>
    nn.groupNorm(4, value.shape[1]!).apply(block[name]!.group_norm as never, value);
  const conv = (name: string, value: typeof x, step: number) =>
    ops.conv2d(value, block[name]!.conv!.weight! as typeof x, undefined, { stride: step, padding: 1 });
  const hidden = ops.relu(norm("norm1", conv("conv1", x, stride)));
  const shortcut = block.shortcut as undefined | Record<string, Record<string, Record<string, typeof x>>>;
  const skip =
    shortcut === undefined
      ? x
      : nn
          .groupNorm(4, hidden.shape[1]!)
          .apply(shortcut[1]!.group_norm as never, ops.conv2d(x, shortcut[0]!.conv!.weight!, undefined, { stride: 2 }));
  return ops.relu(norm("norm2", conv("conv2", hidden, 1)).add(skip));
}

describe("the reward classifier", () => {
  const sigmoid = (logits: readonly number[]) => logits.map((logit) => 1 / (1 + Math.exp(-logit)));
  const probabilities = async (cameras: readonly string[], given: TensorRecord, normalize = true) => {
    const config = configOf(cameras);
    const normalization = normalize ? imageNormalization(config, cameraStatistics(config)) : {};
    const parameters = byFormula(new ClassifierNetwork(config).init(new Random(0)));
    const classifier = new RewardClassifier(config, { normalization }, parameters);
    const result = await classifier.probabilities(given);
    await classifier.close();
    return result;
  };
  const swapped = () => ({ [FRONT]: images(2)[WRIST]!, [WRIST]: images(2)[FRONT]! });

  it.each([
    ["logits", [FRONT, WRIST], images(2), true],
    ["logits_raw", [FRONT, WRIST], images(2), false],
    ["logits_swapped", [FRONT, WRIST], swapped(), true],
    ["logits_other_order", [WRIST, FRONT], images(2), true],
  ] as const)("has PyTorch's probabilities: %s", async (name, cameras, given, normalize) => {
    const probability = await probabilities(cameras, given, normalize);
    expect(deviation(probability, sigmoid(numbers(name)))).toBeLessThan(1e-4);
  });

  it("has PyTorch's cross-entropy of more than two classes", async () => {
    const program = compile(({ inputs: { logits, labels } }) => ({ outputs: classifierLoss(logits, labels) }), {
      inputs: { logits: spec([2, 3]), labels: spec([2]) },
    });
    const loss = await program.run({
      logits: Tensor.of([2, 3], [0.3, -0.2, 1, 0.1, 0.9, -0.5]),
      labels: Tensor.of([2], [2, 0]),
    });
    expect((loss as Tensor).item()).toBeCloseTo(numbers("cross_entropy")[0]!, 6);
  });

  it("takes PyTorch's steps of AdamW, with a frozen encoder", async () => {
    const config = configOf([FRONT, WRIST], { image_embedding_pooling_dim: 2, latent_dim: 8, hidden_dim: 8 });
    const network = new ClassifierNetwork(config);
    const parameters = byFormula(network.init(new Random(0)));
    const normalization = imageNormalization(config, cameraStatistics(config));
    const encode = compile(
      ({ inputs, state }) => ({ outputs: network.features(state, normalized(inputs, normalization)) }),
      {
        inputs: { [FRONT]: spec([2, 3, 128, 128], "uint8"), [WRIST]: spec([2, 3, 128, 128], "uint8") },
        state: new State(parameters.encoder),
      },
    );
    const seen = (await encode.run(images(2))) as Record<string, Tensor>;
    const step = trainingStep({ config, network, parameters, normalization, trained: "all", random: undefined });
    for (let i = 0; i < 3; i++) {
      const { loss, norm } = await step.run({ seen, labels: Tensor.of([2], [1, 0]) });
      expect(Math.abs(loss / numbers(`step_${i}/loss`)[0]! - 1)).toBeLessThan(1e-4);
      expect(Math.abs(norm / numbers(`step_${i}/norm`)[0]! - 1)).toBeLessThan(1e-3);
    }
    const trained = new Map(flattenTree<Tensor>(step.parameters() as Tree<Tensor>));
    for (const [key, { data }] of Object.entries(outputs).filter(([key]) => key.startsWith("trained/"))) {
      const expected = Array.from(data, Number);
      const actual = (trained.get(key.slice("trained/".length))!.data as Float32Array).subarray(0, expected.length);
      const worst = Math.max(...expected.map((value, i) => Math.abs(actual[i]! - value)));
      // Three steps move a weight by up to 3e-4.
      expect(worst, key).toBeLessThan(1e-6);
    }
    await step.dispose();
    await encode.dispose();
  });
});
