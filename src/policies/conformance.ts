/**
 * Conformance tests of a policy: what actors, evaluation, algorithms and checkpoints rely on. Any implementation can run
 * them.
 */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { POLICY_POSTPROCESSOR, POLICY_PREPROCESSOR } from "../processors/policy_processors.ts";
import { makeTransition } from "../processors/transition.ts";
import { Random } from "../tensor/random.ts";
import type { TensorRecord } from "../tensor/safetensors/layout.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { TestFunctions } from "../utils/test_functions.ts";
import type { Policy, PolicyOptions } from "./policy.ts";
import { loadPretrainedPolicy, makePrePostProcessors, policyActions } from "./registry.ts";

/** The implementation under test. */
export interface PolicySubject {
  /**
   * A new policy with small networks, whose config's `type` is registered. Equal generators give equal weights, different
   * generators different weights.
   */
  create(options: PolicyOptions): Policy | Promise<Policy>;
  /** false for a policy without exploration, which always chooses the best action. Default: true. */
  readonly explores?: boolean;
}

const STEPS = 4;

/** Normalised observations; equal seeds give equal observations. */
function observe({ config }: Policy, batch: number, seed = 5): TensorRecord {
  const random = new Random(seed);
  const features = Object.entries(config.input_features).map(([key, { shape }]) => {
    const tensor = Tensor.zeros([batch, ...shape]);
    for (let i = 0; i < tensor.size; i++) tensor.data[i] = random.normal();
    return [key, tensor] as const;
  });
  return Object.fromEntries(features);
}

/** Weights damaged in each way that must be refused, with the name the error must give. */
function spoiled(weights: TensorRecord): { readonly name: string; readonly weights: TensorRecord }[] {
  const [name, tensor] = Object.entries(weights).at(-1)!;
  const { [name]: _, ...others } = weights;
  return [
    { name: "no_such_tensor", weights: { ...weights, no_such_tensor: Tensor.zeros([2]) } },
    { name, weights: others },
    { name, weights: { ...weights, [name]: Tensor.zeros([...tensor.shape, 2]) } },
  ];
}

const numbers = (tensors: TensorRecord) =>
  Object.fromEntries(Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]));

const names = (text: string) => (error: unknown) => error instanceof Error && error.message.includes(text);

/**
 * Runs the suite.
 *
 * @example
 * import { describe, it } from "vitest";
 * describePolicy("mine", { create: (options) => makePolicy(myConfig, options) }, { describe, it });
 */
export function describePolicy(name: string, subject: PolicySubject, { describe, it }: TestFunctions): void {
  const create = async (seed = 1) => await subject.create({ random: new Random(seed), warn: () => {}, threads: 1 });
  const best = (policy: Policy, batch = 2) => policy.act(observe(policy, batch), { deterministic: true });
  const itWith = (what: string, body: (policy: Policy) => Promise<void>) => {
    it(what, async () => {
      const policy = await create();
      await body(policy).finally(() => policy.dispose());
    });
  };
  const inFolder = async (body: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), "handrail-policy-"));
    await body(folder).finally(() => rm(folder, { recursive: true }));
  };
  /** The actions of an episode that begins with this generator. */
  const explore = async (policy: Policy, random: Random) => {
    await policy.reset({ random });
    const chosen: Tensor[] = [];
    for (let step = 0; step < STEPS; step++) chosen.push(await policy.act(observe(policy, 1, step)));
    return chosen;
  };

  describe(`${name} as a policy`, () => {
    itWith("chooses finite actions of one shape, or chunks of them, for any batch", async (policy) => {
      const { length, discrete } = policyActions(policy.config);
      const horizons = new Set<number | undefined>();
      for (const batch of [1, 3]) {
        for (const deterministic of [true, false]) {
          const { dtype, shape, data } = await policy.act(observe(policy, batch), { deterministic });
          assert.equal(dtype, "float32");
          assert.ok(shape.length === 2 || shape.length === 3, `an action has the shape [${shape}]`);
          assert.deepEqual([shape[0], shape.at(-1)], [batch, length], `an action has the shape [${shape}]`);
          horizons.add(shape.length === 3 ? shape[1] : undefined);
          assert.ok(data.every(Number.isFinite), `an action is [${data}]`);
          if (discrete === null) continue;
          const choices = Array.from(data).filter((_, i) => i % length === length - 1);
          assert.ok(
            choices.every((choice) => Number.isInteger(choice) && choice >= 0 && choice < discrete),
            `discrete actions are ${choices}, of ${discrete}`,
          );
        }
      }
      assert.equal(horizons.size, 1, "the length of a chunk varies");
    });

    itWith("chooses the same action again when deterministic, for any generator", async (policy) => {
      const chosen = await best(policy);
      const { state } = policy.random;
      assert.deepEqual(await best(policy), chosen);
      assert.deepEqual(policy.random.state, state, "a deterministic action draws from the generator");
      await policy.reset({ random: new Random(77) });
      assert.deepEqual(await best(policy), chosen);
    });

    itWith(
      "explores the same way after a reset with the same generator, and differently with another",
      async (policy) => {
        const random = new Random(11);
        const { state } = random;
        const first = await explore(policy, random);
        assert.deepEqual(random.state, state, "the generator itself was drawn from");
        assert.deepEqual(await explore(policy, random), first);
        const { explores = true } = subject;
        if (explores) assert.notDeepEqual(await explore(policy, new Random(12)), first);
      },
    );

    itWith("continues exploring from the generator that a checkpoint restores", async (policy) => {
      await explore(policy, new Random(11));
      const { state } = policy.random;
      const next = await policy.act(observe(policy, 1));
      const other = await create();
      other.random.state = state;
      assert.deepEqual(await other.act(observe(other, 1)), next);
      await other.dispose();
    });

    itWith("forgets the last episode at a reset", async (policy) => {
      const chosen = await best(policy);
      await explore(policy, new Random(11));
      await policy.reset();
      assert.deepEqual(await best(policy), chosen);
    });

    itWith("acts like the policy whose weights it loads", async (policy) => {
      const other = await create(2);
      assert.notDeepEqual(
        (await best(other)).data,
        (await best(policy)).data,
        "different weights choose the same action",
      );
      policy.loadWeights(other.weights());
      assert.deepEqual(numbers(policy.weights()), numbers(other.weights()));
      assert.deepEqual(await best(policy), await best(other));
      await other.dispose();
    });

    itWith("returns copies of its weights", async (policy) => {
      const chosen = await best(policy);
      for (const { data } of Object.values(policy.weights())) (data as Float32Array).fill(0.5);
      assert.deepEqual(await best(policy), chosen);
    });

    itWith("refuses missing, unexpected and misshapen weights by name and changes nothing", async (policy) => {
      const before = numbers(policy.weights());
      const other = await create(2);
      for (const bad of spoiled(other.weights())) {
        assert.throws(
          () => policy.loadWeights(bad.weights, "the file"),
          names(bad.name),
          `${bad.name} should be refused`,
        );
      }
      assert.deepEqual(numbers(policy.weights()), before);
      await other.dispose();
    });

    itWith("is restored from disk with its config and weights", async (policy) => {
      await inFolder(async (folder) => {
        await policy.savePretrained(folder);
        const restored = await loadPretrainedPolicy(folder, { random: new Random(99), threads: 1 });
        assert.deepEqual(restored.config, policy.config);
        assert.deepEqual(numbers(restored.weights()), numbers(policy.weights()));
        assert.deepEqual(await best(restored), await best(policy));
        await restored.dispose();
      });
    });

    itWith("saves given weights without changing its own, and refuses weights that do not fit", async (policy) => {
      const other = await create(2);
      const own = numbers(policy.weights());
      await inFolder(async (folder) => {
        const [bad] = spoiled(other.weights());
        await assert.rejects(async () => policy.savePretrained(folder, bad!.weights), names(bad!.name));
        assert.deepEqual(await readdir(folder), []);
        await policy.savePretrained(folder, other.weights());
        const restored = await loadPretrainedPolicy(folder, { threads: 1 });
        assert.deepEqual(numbers(restored.weights()), numbers(other.weights()));
        await restored.dispose();
      });
      assert.deepEqual(numbers(policy.weights()), own);
      await other.dispose();
    });

    itWith("names the feature that an observation lacks, and ignores unknown ones", async (policy) => {
      const observation = observe(policy, 2);
      const key = Object.keys(observation)[0]!;
      const { [key]: _, ...others } = observation;
      await assert.rejects(async () => policy.act(others), names(key));
      const more = { ...observation, "observation.no_such_feature": Tensor.zeros([2, 1]) };
      assert.deepEqual(await policy.act(more, { deterministic: true }), await best(policy));
    });

    itWith(
      "has pipelines from the observation to the network and from its action to the environment",
      async (policy) => {
        const { preprocessor, postprocessor } = makePrePostProcessors(policy.config);
        assert.deepEqual([preprocessor.name, postprocessor.name], [POLICY_PREPROCESSOR, POLICY_POSTPROCESSOR]);
        const seen = Object.entries(policy.config.input_features).map(([key, { type, shape }]) => {
          return [key, type === "VISUAL" ? Tensor.zeros(shape, "uint8") : Tensor.zeros(shape)] as const;
        });
        const { observation } = preprocessor.apply(makeTransition({ observation: Object.fromEntries(seen) }));
        const chosen = await policy.act(observation!);
        const { length } = policyActions(policy.config);
        const first = new Tensor("float32", [1, length], chosen.data.slice(0, length));
        const { action } = postprocessor.apply(makeTransition({ action: first }));
        assert.deepEqual(action!.shape, [1, length]);
        assert.ok(
          Array.from(action!.data, Number).every(Number.isFinite),
          `in the environment's units it is ${action!.data}`,
        );
      },
    );

    it("refuses to act after dispose, and still returns its weights", async () => {
      for (const hasActed of [true, false]) {
        const policy = await create();
        const observation = observe(policy, 1);
        if (hasActed) await policy.act(observation);
        const weights = numbers(policy.weights());
        await policy.dispose();
        await assert.rejects(async () => policy.act(observation), /disposed/);
        assert.deepEqual(numbers(policy.weights()), weights);
      }
    });
  });
}
