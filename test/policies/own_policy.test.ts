/** End-to-end tests of the policy in docs/policies/write_your_own.md, registered by a plug-in. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { describeAlgorithm } from "../../src/algorithms/conformance.ts";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { fromPolicyConfig, makeAlgorithm, makeAlgorithmConfig } from "../../src/algorithms/registry.ts";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import { loadPretrainedPolicy, makePolicy } from "../../src/policies/registry.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { checkSettings } from "../../src/runs/doctor/check_settings.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import { makeActor } from "../../src/runs/make_actor.ts";
import { makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { TrainingRun } from "../../src/runs/training_run/training_run.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { serializeSafetensors } from "../../src/tensor/safetensors/bytes.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import { handrail } from "../cli/run_cli.ts";
import { deterministicActorConfig, PENDULUM_FEATURES } from "./small.ts";

const PLUGINS = ["./examples/deterministic_actor.ts", "./test/policies/regression.ts"];
const STEPS = 40;
const CONFIG = {
  env: {
    type: "gym_manipulator",
    name: "gym_hil",
    task: "Pendulum-v1",
    fps: 20,
    processor: { reset: { control_time_s: 0.5, reset_time_s: 0 } },
  },
  policy: {
    type: "deterministic_actor",
    ...PENDULUM_FEATURES,
    hidden_dims: [8],
    online_steps: STEPS,
    online_step_before_learning: 5,
  },
  algorithm: { type: "regression" },
  batch_size: 8,
  seed: 3,
  handrail: { pacing: "lockstep", updates_per_step: { min: 1 } },
};

let folder: string;
let config: TrainRLServerPipelineConfig;
beforeAll(async () => {
  await loadPlugins(PLUGINS);
  folder = await mkdtemp(join(tmpdir(), "handrail-own-policy-"));
  const file = join(folder, "config.json");
  await writeFile(file, JSON.stringify(CONFIG));
  config = await loadTrainingConfig(file, { overrides: [`--output_dir=${join(folder, "run")}`] });
});
afterAll(() => rm(folder, { recursive: true }));

describe("a policy that a plug-in registers", () => {
  it("is parsed by its own schema, which names the problem", async () => {
    expect(config.policy).toMatchObject({ type: "deterministic_actor", exploration_std: 0.1 });
    const file = join(folder, "config.json");
    await expect(loadTrainingConfig(file, { overrides: ["--policy.exploration_sd=1"] })).rejects.toThrow(
      /exploration_sd.*Did you mean.*exploration_std/s,
    );
  });

  it("bounds its stored actions by its own statistics", () => {
    expect(replayFeaturesOf(config).action).toEqual({
      shape: [1],
      low: Float32Array.of(-2),
      high: Float32Array.of(2),
    });
  });

  it("acts with the weights that a learner publishes", async () => {
    const transport = new InProcessTransport();
    let transitions = 0;
    const onTransitions = (records: readonly unknown[]) => {
      transitions += records.length;
    };
    const learner = await transport.createLearner({ onTransitions });
    const trained = await makePolicy(config.policy, { threads: 1 });
    learner.publishWeights({ version: 1, safetensors: serializeSafetensors(trained.weights()) });
    const endpoint = await transport.createActor();
    const made = await makeActor({ config, endpoint, events: new RunEvents() });
    try {
      await made.actor.run();
      await endpoint.flush(5);
      expect(made.policy.weights()).toEqual(trained.weights());
      expect(transitions).toBe(STEPS);
    } finally {
      await endpoint.close();
      await learner.close();
      await Promise.all([made.close(), trained.dispose()]);
    }
  });

  it("is trained, saved, loaded and evaluated like any other", async () => {
    const run = await TrainingRun.start({ config, events: new RunEvents() });
    const { reason, policy: exported } = await run.run();
    expect(reason).toBe("steps");

    const store = new CheckpointStore(join(folder, "run", "checkpoints"), { onlineSteps: STEPS });
    const saved = await store.load((await store.latest())!);
    expect(saved.policy.config).toEqual(config.policy);
    expect(saved.algorithm.optimizationStep).toBe(STEPS - 5);
    expect(saved.policy.weights()).toEqual(saved.algorithm.weights());

    const loaded = await loadPolicy(exported, { threads: 1 });
    expect(loaded.policy.weights()).toEqual(saved.policy.weights());
    expect(loaded.notes).toEqual([]);
    const processedEnv = await makeProcessedEnv(config);
    const report = await evaluatePolicy({ ...loaded, processedEnv, episodes: 2, seed: 1 });
    expect(report.lengths).toEqual([10, 10]);
    await processedEnv.env.close();

    const evaluating = ["eval", "--policy", exported, "--plugin", "./examples/deterministic_actor.ts", "--episodes=2"];
    const { code, output, errors } = await handrail(...evaluating, "--seed=1");
    expect({ code, errors: code === 0 ? "" : errors }).toEqual({ code: 0, errors: "" });
    expect(output).toContain(report.weights_sha256.slice(0, 8));
    await Promise.all([loaded.policy.dispose(), saved.policy.dispose(), saved.algorithm.dispose()]);
  });

  it("is read from a folder by its type; an unregistered type is named", async () => {
    const policy = await makePolicy(deterministicActorConfig(), { threads: 1 });
    await policy.savePretrained(join(folder, "pretrained"));
    const restored = await loadPretrainedPolicy(join(folder, "pretrained"), { threads: 1 });
    expect(restored.weights()).toEqual(policy.weights());
    await writeFile(join(folder, "pretrained", "config.json"), JSON.stringify({ type: "deterministic_acter" }));
    await expect(loadPretrainedPolicy(join(folder, "pretrained"))).rejects.toThrow(
      /unknown policy type "deterministic_acter".*Did you mean "deterministic_actor"/s,
    );
  });

  it("is refused by an algorithm for other policies, with a message and by the doctor", async () => {
    const policy = await makePolicy(config.policy, { threads: 1 });
    const misfit = 'algorithm "sac" trains "gaussian_actor" policies, policy.type is "deterministic_actor"';
    expect(() => makeAlgorithm(makeAlgorithmConfig("sac"), policy)).toThrow(misfit);
    expect(() => fromPolicyConfig("rlpd", config.policy)).toThrow(misfit);
    const { errors } = checkSettings({ ...config, algorithm: makeAlgorithmConfig("sac") });
    expect(errors).toEqual([`${misfit}.`]);
    await policy.dispose();
  });

  it("is checked by the doctor", async () => {
    const overrides = ["--policy.actor_learner_config.learner_port=0", `--output_dir=${join(folder, "new")}`];
    const { findings } = await runDoctor(join(folder, "config.json"), { overrides });
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(findings).toContainEqual(expect.objectContaining({ check: "actions", level: "ok" }));
  });

  it("gives an algorithm the values derived from its config", () => {
    expect(fromPolicyConfig("regression", config.policy)).toMatchObject({ type: "regression", widths: [8] });
    const written = { type: "regression", widths: [1], learning_rate: 0.5 };
    expect(fromPolicyConfig(written, config.policy)).toEqual(written);
  });
});

describeAlgorithm(
  "an algorithm of a plug-in's policy",
  {
    policy: deterministicActorConfig(),
    create: (policy, options) => makeAlgorithm(makeAlgorithmConfig("regression"), policy, options),
  },
  { describe, it },
);
