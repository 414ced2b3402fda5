/** SAC's use of its batches, step by step, on networks of a few units. */
import { describe, expect, it } from "vitest";
import type { TrainingBatch } from "../../src/algorithms/algorithm.ts";
import { RandomBatches } from "../../src/algorithms/conformance.ts";
import type { SACAlgorithm } from "../../src/algorithms/sac/algorithm.ts";
import { float16ToFloat32, float32ToFloat16 } from "../../src/tensor/half.ts";
import { Random, type RandomSource, Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { CAMERA, smallPolicyConfig, smallSac, WITH_CAMERA } from "./small.ts";

const GRIPPER = { num_discrete_actions: 3 };

const batchesFor = (policy: object = {}, seed = 3) => new RandomBatches(smallPolicyConfig({ ...policy }), seed);
const numbers = (tensors: TensorRecord) =>
  Object.fromEntries(Object.entries(tensors).map(([k, { data }]) => [k, data]));
const selected = (tensors: TensorRecord, pattern: RegExp) => {
  return Object.fromEntries(Object.entries(numbers(tensors)).filter(([name]) => pattern.test(name)));
};
const ENCODER = /encoder/;
const ACTOR = /^actor\.(network|mean_layer|std_layer)/;
const BACKBONE = /image_encoder/;

/** Updates once with each of the given batches and returns the logs. */
async function updates(sac: SACAlgorithm, batches: readonly TrainingBatch[]) {
  const queue = [...batches];
  const logs: Record<string, number>[] = [];
  while (queue.length > 0) logs.push((await sac.update({ next: () => queue.shift()! })).toLogDict());
  return logs;
}

describe("the gripper's penalty", () => {
  it("counts in the only batch of an update", async () => {
    const batch = batchesFor(GRIPPER).next();
    const free = { ...batch, complementaryInfo: { discrete_penalty: Tensor.zeros([batch.size]) } };
    const [punished, unpunished, absent] = await Promise.all(
      [batch, free, { ...batch, complementaryInfo: {} }].map(async (each) => {
        return (await updates(smallSac({ policy: GRIPPER }), [each]))[0];
      }),
    );
    expect(punished!.loss_discrete_critic).not.toBe(unpunished!.loss_discrete_critic);
    expect(punished!.loss_critic).toBe(unpunished!.loss_critic);
    expect(absent).toEqual(unpunished);
  });

  it("counts in every batch of an update with more", async () => {
    const source = batchesFor(GRIPPER);
    const [first, last] = [source.next(), source.next()];
    const without = (batch: TrainingBatch) => ({ ...batch, complementaryInfo: {} });
    const run = async (...batches: TrainingBatch[]) => {
      const sac = smallSac({ policy: GRIPPER, sac: { utd_ratio: 2 } });
      await updates(sac, batches);
      return selected(sac.weights(), /^discrete_critic\./);
    };
    const both = await run(first, last);
    expect(await run(without(first), last)).not.toEqual(both);
    expect(await run(first, without(last))).not.toEqual(both);
  });
});

describe("how often each network learns", () => {
  it("steps the critics utd_ratio times, each time on a batch of its own, and the actor once", async () => {
    const source = batchesFor();
    const [first, second] = [source.next(), source.next()];
    const twice = smallSac({ sac: { utd_ratio: 2 } });
    await updates(twice, [first, second]);
    const { optimizers } = twice.trainingState();
    expect(optimizers["critic/state/0/step"]!.item()).toBe(2);
    expect(optimizers["actor/state/0/step"]!.item()).toBe(1);
    expect(optimizers["temperature/state/0/step"]!.item()).toBe(1);

    const other = smallSac({ sac: { utd_ratio: 2 } });
    await updates(other, [second, second]);
    expect(numbers(other.stateDict())).not.toEqual(numbers(twice.stateDict()));
  });

  it("steps the actor policy_update_freq times in every policy_update_freq-th update", async () => {
    const sac = smallSac({ sac: { policy_update_freq: 3 } });
    const source = batchesFor();
    const steps: number[] = [];
    const reported: boolean[] = [];
    for (let i = 0; i < 4; i++) {
      const { losses } = await sac.update(source);
      reported.push(losses.loss_actor !== undefined);
      steps.push(sac.trainingState().optimizers["actor/state/0/step"]!.item());
    }
    expect(steps).toEqual([3, 3, 3, 6]);
    expect(reported).toEqual([true, false, false, true]);
  });

  it("moves the targets by τ of the way to the critics", async () => {
    const tau = 0.25;
    const sac = smallSac({ sac: { critic_target_update_weight: tau } });
    const before = sac.stateDict();
    await sac.update(batchesFor());
    const after = sac.stateDict();
    const name = "critics.1.output_layer.weight";
    for (let i = 0; i < after[`critic_target.${name}`]!.size; i++) {
      const [old, critic, target] = [
        before[`critic_target.${name}`],
        after[`critic_ensemble.${name}`],
        after[`critic_target.${name}`],
      ];
      expect(target!.data[i]).toBeCloseTo((1 - tau) * Number(old!.data[i]) + tau * Number(critic!.data[i]), 6);
    }
  });
});

describe("gradients", () => {
  it("of the critics do not count in the actor's norm, however large they are", async () => {
    const batch = batchesFor().next();
    const huge = { ...batch, reward: Tensor.of([batch.size], new Float32Array(batch.size).fill(1e6)) };
    const [log] = await updates(smallSac(), [huge]);
    expect(log!.critic_grad_norm).toBeGreaterThan(1e5);
    expect(log!.actor_grad_norm).toBeLessThan(10);
  });

  it("of the actor leave a shared encoder alone", async () => {
    const [trained, withoutActor] = await Promise.all(
      [3e-4, 1e-30].map(async (actor_lr) => {
        const sac = smallSac({ sac: { actor_lr } });
        await updates(sac, [batchesFor().next()]);
        return sac.weights();
      }),
    );
    expect(selected(trained!, ENCODER)).toEqual(selected(withoutActor!, ENCODER));
    expect(selected(trained!, ACTOR)).not.toEqual(selected(withoutActor!, ACTOR));
  });

  it("of the actor reach an encoder of its own", async () => {
    const sac = smallSac({ policy: { shared_encoder: false } });
    const before = sac.weights();
    await sac.update(batchesFor());
    expect(selected(sac.weights(), /^actor\.encoder/)).not.toEqual(selected(before, /^actor\.encoder/));
    expect(selected(sac.weights(), /^encoder_critic/)).not.toEqual(selected(before, /^encoder_critic/));
  });

  it("are clipped to grad_clip_norm before Adam sees them", async () => {
    const clip = 1e-3;
    const sac = smallSac({ sac: { grad_clip_norm: clip } });
    const { gradNorms } = await sac.update(batchesFor());
    expect(gradNorms.critic).toBeGreaterThan(clip);
    const moments = Object.entries(sac.trainingState().optimizers).filter(([name]) => /^critic\/.*exp_avg$/.test(name));
    const squares = moments.flatMap(([, { data }]) => Array.from(data as Float32Array, (m) => (m / 0.1) ** 2));
    expect(Math.sqrt(squares.reduce((sum, square) => sum + square, 0))).toBeCloseTo(clip, 6);
  });
});

/** Normal draws unchanged, but different dropout masks. */
class OtherMasks implements RandomSource {
  readonly #normals = new Random(4);
  readonly #masks: Random;
  constructor(seed: number) {
    this.#masks = new Random(seed);
  }
  fillNormal(target: Float32Array) {
    return this.#normals.fillNormal(target);
  }
  fillUniform(target: Float32Array) {
    return this.#masks.fillUniform(target);
  }
  choice(n: number, size: number) {
    return this.#normals.choice(n, size);
  }
}

describe("dropout", () => {
  const kwargs = { hidden_dims: [8, 8], dropout_rate: 0.5 };
  const policy = { ...GRIPPER, actor_network_kwargs: kwargs, discrete_critic_network_kwargs: kwargs };
  const make = (maskSeed: number) =>
    smallSac({ policy, sac: { critic_network_kwargs: kwargs } }, { noise: new OtherMasks(maskSeed) });

  it("acts in the losses of critics, gripper critic and actor", async () => {
    const batch = batchesFor(policy).next();
    const [one, other] = (await Promise.all([1, 2].map((seed) => updates(make(seed), [batch])))).flat();
    for (const loss of ["loss_critic", "loss_discrete_critic", "loss_actor"]) {
      expect(one![loss], loss).not.toBe(other![loss]);
    }
  });

  it("is off in the targets: they do not depend on its masks", async () => {
    const batch = batchesFor(policy).next();
    // With critics that always output 0, the loss is the mean squared target.
    const silent = (tensors: TensorRecord, pattern: RegExp) =>
      Object.fromEntries(
        Object.entries(tensors).map(([k, tensor]) => [k, pattern.test(k) ? Tensor.zeros(tensor.shape) : tensor]),
      );
    const logs = await Promise.all(
      [1, 2].map((seed) => {
        const sac = make(seed);
        sac.loadStateDict(silent(sac.stateDict(), /critic_ensemble.*output_layer/));
        sac.loadWeights(silent(sac.weights(), /^discrete_critic\.output_layer/));
        return updates(sac, [batch]);
      }),
    );
    const [one, other] = logs.flat();
    expect(one!.loss_critic).toBeGreaterThan(0);
    expect(one!.loss_critic).toBe(other!.loss_critic);
    expect(one!.loss_discrete_critic).toBe(other!.loss_discrete_critic);
  });
});

describe("images", () => {
  it("give the same numbers through the feature cache of a frozen backbone as without it", async () => {
    const policy = { ...WITH_CAMERA, ...GRIPPER, freeze_vision_encoder: true };
    const source = batchesFor(policy);
    const batches = [source.next(), source.next(), source.next()];
    const run = async (cacheImageFeatures: boolean) => {
      const sac = smallSac({ policy }, { cacheImageFeatures });
      const logs = await updates(sac, batches);
      return { logs, tensors: { ...sac.weights(), ...sac.stateDict() } };
    };
    const [cached, plain] = [await run(true), await run(false)];
    for (const [update, log] of cached.logs.entries()) {
      for (const [metric, value] of Object.entries(log)) {
        const wanted = plain.logs[update]![metric]!;
        expect(Math.abs(value - wanted), metric).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
      }
    }
    for (const [name, { data }] of Object.entries(cached.tensors)) {
      const worst = Math.max(
        ...Array.from(data as Float32Array, (x, i) => Math.abs(x - Number(plain.tensors[name]!.data[i]))),
      );
      expect(worst, name).toBeLessThan(1e-6);
    }
  });

  it("that a batch has as features give the same numbers, bit for bit, and in 16 bits nearly so", async () => {
    const policy = { ...WITH_CAMERA, ...GRIPPER, freeze_vision_encoder: true };
    const source = batchesFor(policy);
    const batches = [source.next(), source.next(), source.next()];
    const encoder = smallSac({ policy }).imageEncoder!;
    expect(encoder.featureShapes).toEqual({ [CAMERA]: [4, 1, 1] });
    const run = async (round: (features: Float32Array) => Float32Array) => {
      const encode = async (images: TensorRecord) => {
        const { [CAMERA]: features } = await encoder.encode({ [CAMERA]: images[CAMERA]! });
        return { ...images, [CAMERA]: Tensor.of(features!.shape, round(features!.data as Float32Array)) };
      };
      const encoded: TrainingBatch[] = [];
      for (const batch of batches) {
        const [observation, nextObservation] = [await encode(batch.observation), await encode(batch.nextObservation)];
        encoded.push({ ...batch, observation, nextObservation });
      }
      const sac = smallSac({ policy });
      const logs = await updates(sac, encoded);
      return { logs, tensors: numbers({ ...sac.weights(), ...sac.stateDict() }) };
    };
    const sac = smallSac({ policy });
    const wanted = { logs: await updates(sac, batches), tensors: numbers({ ...sac.weights(), ...sac.stateDict() }) };
    expect(await run((features) => features)).toEqual(wanted);
    const half = await run((features) => float16ToFloat32(float32ToFloat16(features)));
    for (const [update, log] of half.logs.entries()) {
      for (const [metric, value] of Object.entries(log)) {
        const exact = wanted.logs[update]![metric]!;
        expect(Math.abs(value - exact), metric).toBeLessThan(2e-3 * Math.max(1, Math.abs(exact)));
      }
    }
    expect(half).not.toEqual(wanted);
  });

  it("are encoded by a frozen encoder that is shared, and by no other", () => {
    const imageEncoder = (policy: object) => smallSac({ policy: { ...WITH_CAMERA, ...policy } }).imageEncoder;
    const frozen = imageEncoder({ freeze_vision_encoder: true })!;
    const sac = smallSac({ policy: { ...WITH_CAMERA, freeze_vision_encoder: true } });
    const tensors = Object.values(numbers(frozen.weights()));
    expect(tensors.length).toBe(8);
    expect(tensors).toEqual(Object.values(selected(sac.weights(), BACKBONE)));
    expect(imageEncoder({})).toBeUndefined();
    expect(imageEncoder({ freeze_vision_encoder: true, shared_encoder: false })).toBeUndefined();
    expect(smallSac().imageEncoder).toBeUndefined();
  });

  it("train the small encoder by default, and never a frozen one", async () => {
    for (const [freeze, learns] of [
      [undefined, true],
      [false, true],
      [true, false],
    ] as const) {
      const sac = smallSac({
        policy: { ...WITH_CAMERA, ...(freeze === undefined ? {} : { freeze_vision_encoder: freeze }) },
      });
      const before = selected(sac.weights(), BACKBONE);
      await updates(sac, [batchesFor(WITH_CAMERA).next()]);
      const after = selected(sac.weights(), BACKBONE);
      if (learns) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
      expect(Object.keys(before).length).toBeGreaterThan(0);
    }
  });

  it("are named in the error if a batch has none", async () => {
    const sac = smallSac({ policy: WITH_CAMERA });
    const { [CAMERA]: _, ...blind } = batchesFor(WITH_CAMERA).next().nextObservation;
    const batch = { ...batchesFor(WITH_CAMERA).next(), nextObservation: blind };
    await expect(sac.update({ next: () => batch })).rejects.toThrow(`the batch's next observation has no "${CAMERA}"`);
  });
});
