import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { actionLoss, commandLoss } from "../../examples/behavior_cloning.ts";
import { describeAlgorithm, RandomBatches } from "../../src/algorithms/conformance.ts";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { makeAlgorithm, makeAlgorithmConfig } from "../../src/algorithms/registry.ts";
import { OnlineOfflineMixer } from "../../src/data/sources/online_offline_mixer.ts";
import { Pendulum } from "../../src/envs/pendulum.ts";
import { withoutProcessing } from "../../src/envs/processed_env.ts";
import { RLTrainer } from "../../src/learning/training/rl_trainer.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { compile, spec, Tensor } from "../../src/tensor/index.ts";
import { STATE, smallPolicy, smallPolicyConfig, WITH_CAMERA } from "./small.ts";
import { demonstrate } from "./swing_up.ts";

beforeAll(() => loadPlugins(["./examples/behavior_cloning.ts"], fileURLToPath(new URL("../..", import.meta.url))));

const POLICIES = {
  "behaviour cloning": {},
  "behaviour cloning with a gripper": { num_discrete_actions: 3 },
  "behaviour cloning with separate encoders": { num_discrete_actions: 3, shared_encoder: false },
  "behaviour cloning on images through a frozen backbone": { ...WITH_CAMERA, freeze_vision_encoder: true },
};
for (const [name, policy] of Object.entries(POLICIES)) {
  describeAlgorithm(
    name,
    {
      policy: smallPolicyConfig(policy),
      create: (actor, options) =>
        makeAlgorithm(makeAlgorithmConfig("behavior_cloning"), actor, { ...options, threads: 1 }),
    },
    { describe, it },
  );
}

describe("behaviour cloning, loaded as a plug-in", () => {
  it("learns to swing up a pendulum from demonstrations, with SAC's trainer", async () => {
    const { transitions, meanReturn } = await demonstrate(60, 100);
    const buffer = new ReplayBuffer({
      features: { observation: { [STATE]: { dtype: "float32", shape: [3] } }, action: { shape: [1] } },
      capacity: transitions.length,
      seed: 0,
    });
    for (const transition of transitions) buffer.add(transition);
    const policy = smallPolicy({
      output_features: { action: { type: "ACTION", shape: [1] } },
      dataset_stats: { [STATE]: { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-2], max: [2] } },
      latent_dim: 32,
      actor_network_kwargs: { hidden_dims: [32, 32] },
    });
    const processors = makeGaussianActorPrePostProcessors(policy.config);
    const config = makeAlgorithmConfig({ type: "behavior_cloning", learning_rate: 3e-3 });
    const trainer = new RLTrainer({
      algorithm: makeAlgorithm(config, policy, { threads: 1 }),
      source: new OnlineOfflineMixer({ online: buffer, batchSize: 128 }),
      preprocessor: processors.preprocessor,
    });
    const processedEnv = withoutProcessing(new Pendulum());
    const evaluate = async () =>
      (await evaluatePolicy({ processedEnv, policy, processors, episodes: 10, seed: 5000 })).mean_return;
    const untrained = await evaluate();
    const losses: number[] = [];
    for (let i = 0; i < 800; i++) losses.push((await trainer.trainingStep()).losses.loss_action!);
    policy.loadWeights(trainer.algorithm.weights());
    const trained = await evaluate();
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(losses.slice(-10))).toBeLessThan(0.3 * mean(losses.slice(0, 10)));
    // Hanging still costs about 1,500 per episode, the demonstrator about 170.
    expect(untrained).toBeLessThan(-1000);
    expect(trained).toBeGreaterThan(2 * meanReturn);
    await Promise.all([trainer.algorithm.dispose(), policy.dispose()]);
  });

  it("leaves a frozen image backbone unchanged, and trains the layers after it", async () => {
    const policy = smallPolicy({ ...WITH_CAMERA, freeze_vision_encoder: true });
    const algorithm = makeAlgorithm(makeAlgorithmConfig("behavior_cloning"), policy, { threads: 1 });
    await algorithm.update(new RandomBatches(policy.config, 1));
    const [before, after] = [policy.weights(), algorithm.weights()];
    for (const [name, { data }] of Object.entries(before)) {
      const frozen = name.includes("image_encoder.") || name.includes("std_layer");
      if (frozen) expect(after[name]!.data, name).toEqual(data);
      else expect(after[name]!.data, name).not.toEqual(data);
    }
    await algorithm.dispose();
  });

  it("names a wrong key of its config and suggests the nearest", () => {
    expect(() => makeAlgorithmConfig({ type: "behavior_cloning", learning_rat: 1 })).toThrow(
      'learning_rat: unknown key. Did you mean "learning_rate"?',
    );
    expect(() => makeAlgorithmConfig("behaviour_cloning")).toThrow('Did you mean "behavior_cloning"?');
  });

  it("names a plug-in that fails to load", async () => {
    await expect(loadPlugins(["./examples/no_such_plugin.ts"])).rejects.toThrow(
      'could not load the plug-in "./examples/no_such_plugin.ts"',
    );
  });
});

describe("the losses of behaviour cloning", () => {
  it("are the squared distance of tanh of the mean, and the cross-entropy of the discrete actions", async () => {
    const program = compile(
      ({ inputs: { mean, action, logits, commands } }) => ({
        outputs: { action: actionLoss(mean, action), command: commandLoss(logits, commands) },
      }),
      { inputs: { mean: spec([1, 2]), action: spec([1, 2]), logits: spec([2, 2]), commands: spec([2], "int64") } },
    );
    const outputs = await program.run({
      mean: Tensor.of([1, 2], [0, Math.atanh(0.5)]),
      action: Tensor.of([1, 2], [0.2, -0.1]),
      logits: Tensor.of([2, 2], [0, Math.log(3), 5, 5]),
      commands: new Tensor("int64", [2], BigInt64Array.of(1n, 0n)),
    });
    expect(outputs.action.item()).toBeCloseTo((0.2 ** 2 + 0.6 ** 2) / 2, 6);
    expect(outputs.command.item()).toBeCloseTo((Math.log(4 / 3) + Math.log(2)) / 2, 6);
    await program.dispose();
  });
});
