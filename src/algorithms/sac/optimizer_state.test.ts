import { describe, expect, it } from "vitest";
import { smallSac, WITH_CAMERA } from "../../../test/algorithms/small.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { RandomBatches } from "../conformance.ts";

const affine = (...prefixes: string[]) => prefixes.flatMap((prefix) => [`${prefix}.weight`, `${prefix}.bias`]);
/** Written by hand in the order in which LeRobot's modules register their parameters. */
const STATE_ENCODER = affine("state_encoder.0", "state_encoder.1");
const VALUE = affine("net.net.0", "net.net.1", "net.net.3", "net.net.4", "output_layer");
const ACTOR = affine("network.net.0", "network.net.1", "network.net.3", "network.net.4", "mean_layer", "std_layer");
const CAMERA_ENCODER = [
  ...affine(...[0, 2, 4, 6].map((layer) => `image_encoder.image_enc_layers.${layer}`)),
  "spatial_embeddings.observation_images_front.kernel",
  ...affine("post_encoders.observation_images_front.1", "post_encoders.observation_images_front.2"),
  ...STATE_ENCODER,
];

/** Shapes of the two small critics' parameters: 8 encoded numbers and 2 actions in, hidden layers of 8. */
const CRITIC_SHAPES = [[8, 10], [8], [8], [8], [8, 8], [8], [8], [8], [1, 8], [1]];
const STATE_ENCODER_SHAPES = [[8, 3], [8], [8], [8]];

function shapes(optimizers: Readonly<Record<string, Tensor>>, optimizer: string): Record<number, readonly number[]> {
  return Object.fromEntries(
    Object.entries(optimizers).flatMap(([name, { shape }]) => {
      const index = name.match(`^${optimizer}/state/(\\d+)/exp_avg$`)?.[1];
      return index === undefined ? [] : [[Number(index), shape]];
    }),
  );
}

describe("SAC's optimiser state", () => {
  it("numbers parameters as PyTorch does: the encoder's, then each critic's", async () => {
    const algorithm = smallSac();
    const { optimizers, parameterGroups } = algorithm.trainingState();
    const expected = [...STATE_ENCODER_SHAPES, ...CRITIC_SHAPES, ...CRITIC_SHAPES];
    expect(expected).toHaveLength(STATE_ENCODER.length + 2 * VALUE.length);
    expect(Object.values(shapes(optimizers, "critic"))).toEqual(expected);
    expect(Object.values(shapes(optimizers, "actor"))).toHaveLength(ACTOR.length);
    expect(shapes(optimizers, "temperature")).toEqual({ 0: [1] });
    expect(optimizers["critic/state/0/step"]!.shape).toEqual([]);
    expect(parameterGroups!.critic).toMatchObject([{ lr: 3e-4, params: [...expected.keys()] }]);
    expect(Object.keys(parameterGroups!)).toEqual(["critic", "actor", "temperature"]);
    await algorithm.dispose();
  });

  it("takes the actor's own encoder before its network, and the gripper critic's before its head", async () => {
    const algorithm = smallSac({ policy: { shared_encoder: false, num_discrete_actions: 3 } });
    const { optimizers } = algorithm.trainingState();
    expect(Object.values(shapes(optimizers, "actor")).slice(0, 4)).toEqual(STATE_ENCODER_SHAPES);
    expect(Object.values(shapes(optimizers, "actor"))).toHaveLength(STATE_ENCODER.length + ACTOR.length);
    const discrete = Object.values(shapes(optimizers, "discrete_critic"));
    expect(discrete.slice(0, 4)).toEqual(STATE_ENCODER_SHAPES);
    expect(discrete.at(-2)).toEqual([3, 8]);
    await algorithm.dispose();
  });

  it("counts the frozen backbone's parameters without storing anything for them", async () => {
    const algorithm = smallSac({ policy: { ...WITH_CAMERA, freeze_vision_encoder: true } });
    const { optimizers, parameterGroups } = algorithm.trainingState();
    const critic = shapes(optimizers, "critic");
    const kernel = CAMERA_ENCODER.indexOf("spatial_embeddings.observation_images_front.kernel");
    expect(Math.min(...Object.keys(critic).map(Number))).toBe(kernel);
    expect(critic[kernel]).toHaveLength(4);
    expect(critic[CAMERA_ENCODER.indexOf("state_encoder.0.weight")]).toEqual([8, 3]);
    expect(parameterGroups!.critic![0]!.params).toHaveLength(CAMERA_ENCODER.length + 2 * VALUE.length);
    await algorithm.dispose();
  });

  it("restores every number", async () => {
    const config = { policy: { num_discrete_actions: 3 }, sac: { num_critics: 3 } };
    const [algorithm, other] = [smallSac(config), smallSac(config)];
    const { optimizers, ...rest } = algorithm.trainingState();
    const numbered = Object.fromEntries(
      Object.entries(optimizers).map(([name, { shape, size }], i) => [
        name,
        Tensor.of(shape, name.endsWith("/step") ? [7] : Array.from({ length: size }, (_, j) => i + j / size)),
      ]),
    );
    other.loadTrainingState({ ...rest, optimizers: numbered });
    expect(other.trainingState().optimizers).toEqual(numbered);
    await Promise.all([algorithm.dispose(), other.dispose()]);
  });

  it("unstacks the critics in order", async () => {
    const algorithm = smallSac();
    const before = algorithm.stateDict();
    const batches = new RandomBatches(algorithm.policyConfig, 3);
    await algorithm.update(batches);
    // Adam's first step goes against the sign of the first moment, which identifies the moment's owner.
    const after = algorithm.stateDict();
    const { optimizers } = algorithm.trainingState();
    for (const critic of [0, 1]) {
      const name = `critic_ensemble.critics.${critic}.net.net.3.weight`;
      const index = STATE_ENCODER.length + critic * VALUE.length + VALUE.indexOf("net.net.3.weight");
      const moment = optimizers[`critic/state/${index}/exp_avg`]!.data as Float32Array;
      const step = (after[name]!.data as Float32Array).map((value, i) => value - (before[name]!.data[i] as number));
      expect(step.map(Math.sign)).toEqual(moment.map((value) => -Math.sign(value)));
    }
    await algorithm.dispose();
  });

  it("refuses step counts that differ within one optimiser", async () => {
    const algorithm = smallSac();
    const state = algorithm.trainingState();
    const optimizers = { ...state.optimizers, "critic/state/3/step": Tensor.scalar(5) };
    expect(() => algorithm.loadTrainingState({ ...state, optimizers })).toThrow("critic/state/3/step is 5");
    await algorithm.dispose();
  });
});
