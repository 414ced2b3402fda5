/** TD3 of examples/td3.ts: its equations, its contracts, and a short run from its config. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { actorLoss, clippedTarget, criticLoss, smoothedAction, TD3, TD3Actor } from "../../examples/td3.ts";
import type { TrainingBatch } from "../../src/algorithms/algorithm.ts";
import { describeAlgorithm, RandomBatches } from "../../src/algorithms/conformance.ts";
import { makeAlgorithm, makeAlgorithmConfig } from "../../src/algorithms/registry.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { describePolicy } from "../../src/policies/conformance.ts";
import { makePolicy, policyConfigs } from "../../src/policies/registry.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { compile, type Expr, grad, Random, spec, Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { handrail } from "../cli/run_cli.ts";
import { PENDULUM_FEATURES } from "../policies/small.ts";
import { STATE } from "./small.ts";

const CONFIG = "examples/td3_pendulum.json";

const actorConfig = (values: Readonly<Record<string, unknown>> = {}) =>
  parseConfig(policyConfigs.schema, { type: "td3_actor", ...PENDULUM_FEATURES, hidden_dims: [8, 8], ...values });
const algorithmConfig = (values: Readonly<Record<string, unknown>> = {}) =>
  makeAlgorithmConfig({ type: "td3", critic_hidden_dims: [8, 8], ...values });

describePolicy("TD3's actor", { create: (options) => makePolicy(actorConfig(), options) }, { describe, it });

const TWO_FEATURES = {
  input_features: {
    [STATE]: { type: "STATE", shape: [3] },
    "observation.environment_state": { type: "ENV", shape: [2] },
  },
  output_features: { action: { type: "ACTION", shape: [2] } },
  dataset_stats: null,
  normalization_mapping: {},
};
const ALGORITHMS = {
  TD3: algorithmConfig(),
  "TD3 whose actor learns in every update": algorithmConfig({ policy_delay: 1 }),
};
for (const [name, config] of Object.entries(ALGORITHMS)) {
  describeAlgorithm(
    name,
    {
      policy: actorConfig(TWO_FEATURES),
      create: (policy, options) => makeAlgorithm(config, policy, { ...options, threads: 1 }),
    },
    { describe, it },
  );
}

/** Evaluates a function of named tensors. */
async function evaluate<Name extends string>(
  inputs: Readonly<Record<Name, Tensor>>,
  formula: (exprs: Record<Name, Expr>) => Expr,
): Promise<number[]> {
  const specs = Object.fromEntries(Object.entries<Tensor>(inputs).map(([name, { shape }]) => [name, spec(shape)]));
  const program = compile((args) => ({ outputs: { result: formula(args.inputs as Record<Name, Expr>) } }), {
    inputs: specs,
  });
  const { result } = await program.run(inputs as Record<string, Tensor>);
  await program.dispose();
  return Array.from(result.data as Float32Array);
}

const close = (actual: readonly number[], ...expected: readonly number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 6);
};

describe("the equations of TD3", () => {
  /** Two critics, two transitions; the second one ended. */
  const values = Tensor.of([2, 2], [5, 7, 3, 9]);

  it("the target policy's noise is scaled, then clipped, and the action stays within its bounds", async () => {
    const best = Tensor.of([5], [0, 0, 0, 0.9, -0.9]);
    const normal = Tensor.of([5], [1, 4, -4, 1, -1]);
    close(await evaluate({ best, normal }, (x) => smoothedAction(x.best, x.normal, 0.2, 0.5)), 0.2, 0.5, -0.5, 1, -1);
  });

  it("the target is the reward and the discounted smaller value, and the reward alone where the task ended", async () => {
    const inputs = { reward: Tensor.of([2], [1, 2]), done: Tensor.of([2], [0, 1]), values };
    close(await evaluate(inputs, (x) => clippedTarget(x.reward, x.done, x.values, 0.9)), 1 + 0.9 * 3, 2);
    const gradient = await evaluate(inputs, (x) => {
      return grad(clippedTarget(x.reward, x.done, x.values, 0.9).sum(), x.values);
    });
    expect(gradient).toEqual([0, 0, 0, 0]);
  });

  it("the critics' loss is summed over critics and averaged over the batch", async () => {
    const inputs = { values, target: Tensor.of([2], [4, 6]) };
    close(await evaluate(inputs, (x) => criticLoss(x.values, x.target)), (1 + 1) / 2 + (1 + 9) / 2);
  });

  it("the actor maximises the first critic only", async () => {
    close(await evaluate({ values }, (x) => actorLoss(x.values)), -6);
    close(await evaluate({ values }, (x) => grad(actorLoss(x.values), x.values)), -0.5, -0.5, 0, 0);
  });
});

describe("TD3's actor at work", () => {
  it("adds Gaussian noise of the configured deviation to the best action, and keeps it within bounds", async () => {
    const batch = 4000;
    const observation = { [STATE]: Tensor.zeros([batch, 3]) };
    for (const std of [0.1, 5]) {
      const policy = await makePolicy(actorConfig({ exploration_std: std }), { threads: 1 });
      const best = (await policy.act(observation, { deterministic: true })).data[0]!;
      const chosen = Array.from((await policy.act(observation)).data);
      if (std === 5) {
        expect([Math.min(...chosen), Math.max(...chosen)]).toEqual([-1, 1]);
      } else {
        const noise = chosen.map((action) => action - best);
        const mean = noise.reduce((sum, value) => sum + value, 0) / batch;
        const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / batch;
        // Three standard errors of 4,000 samples.
        expect(Math.abs(mean)).toBeLessThan((3 * std) / Math.sqrt(batch));
        expect(Math.abs(Math.sqrt(variance) / std - 1)).toBeLessThan(3 / Math.sqrt(2 * batch));
      }
      await policy.dispose();
    }
  });

  it("refuses images and keys that it does not have", () => {
    const camera = { input_features: { "observation.images.front": { type: "VISUAL", shape: [3, 48, 48] } } };
    expect(() => actorConfig(camera)).toThrow(/observation\.images\.front.*\[3,48,48\].*vectors only/s);
    expect(() => actorConfig({ exploration_sd: 1 })).toThrow(/exploration_sd.*Did you mean "exploration_std"/s);
  });
});

/** Batches in which one action alone is best: the reward is −(a − 0.4)², and every transition ends the task. */
class OneGoodAction extends RandomBatches {
  override next(): TrainingBatch {
    const batch = super.next();
    const reward = Array.from(batch.action.data, Number).map((action) => -((action - 0.4) ** 2));
    return {
      ...batch,
      reward: Tensor.of([batch.size], reward),
      done: Tensor.of(
        [batch.size],
        reward.map(() => 1),
      ),
    };
  }
}

describe("TD3 at work", () => {
  const make = async (values: Readonly<Record<string, unknown>>) => {
    const policy = await makePolicy(actorConfig(), { random: new Random(1), threads: 1 });
    const algorithm = makeAlgorithm(algorithmConfig(values), policy, { random: new Random(2), threads: 1 });
    expect(policy).toBeInstanceOf(TD3Actor);
    expect(algorithm).toBeInstanceOf(TD3);
    return { policy, algorithm };
  };
  const numbersOf = (tensors: TensorRecord, part = "") =>
    Object.entries(tensors).flatMap(([name, { data }]) => (name.startsWith(part) ? Array.from(data, Number) : []));

  it("moves the critics in every update, the actor and the targets in every second one, by τ", async () => {
    const { policy, algorithm } = await make({ target_update_weight: 0.25 });
    const batches = new RandomBatches(policy.config, 3);
    const read = () => ({
      actor: numbersOf(algorithm.weights()),
      critics: numbersOf(algorithm.stateDict(), "critics."),
      targetActor: numbersOf(algorithm.stateDict(), "targets.actor."),
      targetCritics: numbersOf(algorithm.stateDict(), "targets.critics."),
    });
    let before = read();
    expect(before.targetActor).toEqual(before.actor);
    expect(before.targetCritics).toEqual(before.critics);
    for (let update = 1; update <= 4; update++) {
      const { losses } = await algorithm.update(batches);
      const after = read();
      expect(after.critics).not.toEqual(before.critics);
      if (update % 2 === 1) {
        expect(Object.keys(losses)).toEqual(["loss_critic"]);
        expect(after).toEqual({ ...before, critics: after.critics });
      } else {
        expect(Object.keys(losses)).toEqual(["loss_critic", "loss_actor"]);
        expect(after.actor).not.toEqual(before.actor);
        const moved = (target: readonly number[], to: readonly number[]) =>
          target.map((value, i) => 0.75 * value + 0.25 * to[i]!);
        close(after.targetActor, ...moved(before.targetActor, after.actor));
        close(after.targetCritics, ...moved(before.targetCritics, after.critics));
      }
      before = after;
    }
    await Promise.all([policy.dispose(), algorithm.dispose()]);
  });

  it("smooths the targets with noise on the next actions, which matters only if the task continues", async () => {
    const criticsAfter = async (target_noise: number, ended: number) => {
      const { policy, algorithm } = await make({ target_noise });
      const batch = new RandomBatches(policy.config, 3).next();
      const done = Tensor.of([batch.size], Array<number>(batch.size).fill(ended));
      await algorithm.update({ next: () => ({ ...batch, done }) });
      const critics = numbersOf(algorithm.stateDict(), "critics.");
      await Promise.all([policy.dispose(), algorithm.dispose()]);
      return critics;
    };
    expect(await criticsAfter(0.2, 0)).not.toEqual(await criticsAfter(0, 0));
    expect(await criticsAfter(0.2, 1)).toEqual(await criticsAfter(0, 1));
  });

  it("finds the action that is rewarded", async () => {
    const { policy, algorithm } = await make({ actor_lr: 1e-2, critic_lr: 1e-2 });
    const batches = new OneGoodAction(policy.config, 3);
    for (let update = 0; update < 1000; update++) await algorithm.update(batches);
    policy.loadWeights(algorithm.weights());
    const { observation } = batches.next();
    const chosen = Array.from((await policy.act(observation, { deterministic: true })).data);
    const mean = chosen.reduce((sum, action) => sum + action, 0) / chosen.length;
    expect(Math.abs(mean - 0.4)).toBeLessThan(0.1);
    await Promise.all([policy.dispose(), algorithm.dispose()]);
  });
});

describe("handrail train on examples/td3_pendulum.json", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "handrail-td3-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  const SHORT = ["--policy.online_steps=300", "--policy.online_step_before_learning=50", "--eval.n_episodes=1"];
  const weightsOf = (policy: string) => readFile(join(policy, "model.safetensors"));

  async function train(seed: number): Promise<Buffer> {
    const overrides = [...SHORT, `--seed=${seed}`, `--output_dir=${join(root, `in_process_${seed}`)}`];
    const config = await loadTrainingConfig(CONFIG, { overrides });
    const run = await TrainingRun.start({ config, events: new RunEvents() });
    const { reason, policy, report } = await run.run();
    expect(reason).toBe("steps");
    expect(report!.lengths).toEqual([200]);
    return weightsOf(policy);
  }

  it("gives the same weights from the same seed, by the command and by the library, and different ones from another", async () => {
    const output = join(root, "run");
    const { code, errors } = await handrail(
      ...["train", "--config", CONFIG, "--plugin", "./examples/td3.ts", "--no-dashboard"],
      ...[...SHORT, "--seed=3", `--output_dir=${output}`],
    );
    expect({ code, errors: code === 0 ? "" : errors }).toEqual({ code: 0, errors: "" });
    const weights = await weightsOf(join(output, "policy"));
    expect((await train(3)).equals(weights)).toBe(true);
    expect((await train(4)).equals(weights)).toBe(false);
  });
});
