/** Policies and environments for evaluations. */
import { join } from "node:path";
import { TRAIN_CONFIG_FILE } from "../../src/learning/checkpoints/layout.ts";
import type { GaussianActorConfig } from "../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { savePipeline } from "../../src/processors/pipeline_files.ts";
import type { EvaluatePolicyOptions } from "../../src/rollout/evaluation/evaluation_options.ts";
import type { ConfiguredEnv } from "../../src/runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { Random, Tensor } from "../../src/tensor/index.ts";
import { writeFileAtomic } from "../../src/utils/files/write_file_atomic.ts";

/** The state preset with networks of a few units and short episodes. */
export async function pickCube(...overrides: string[]): Promise<TrainRLServerPipelineConfig> {
  const small = ["--policy.latent_dim=8", "--policy.actor_network_kwargs.hidden_dims=[8]"];
  const short = "--env.processor.reset.control_time_s=6";
  return await loadTrainingConfig("configs/pick_cube.json", { overrides: [...small, short, ...overrides] });
}

/** An untrained network. */
export function untrained(config: TrainRLServerPipelineConfig, seed = 1) {
  const policyConfig = config.policy as GaussianActorConfig;
  const policy = new GaussianActorPolicy(policyConfig, { random: new Random(seed), threads: 1 });
  return { policy, processors: makeGaussianActorPrePostProcessors(policyConfig) };
}

/** A policy that solves the task with the scripted operator's actions. */
export function scriptedPolicy(
  config: TrainRLServerPipelineConfig,
  { scene }: ConfiguredEnv,
  seed = 1,
): Pick<EvaluatePolicyOptions, "policy" | "processors"> {
  const hands = new ScriptedOperator(scene!, { mode: "demonstrate", seed });
  const { policy, processors } = untrained(config);
  return {
    processors,
    policy: {
      weights: () => policy.weights(),
      reset() {},
      async act() {
        if (!hands.getTeleopEvents().isIntervention) throw new Error("it demonstrates all the time");
        return Tensor.of([1, 4], hands.getAction());
      },
    },
  };
}

/** Writes a policy's folder like training. */
export async function savePolicy(
  folder: string,
  config: TrainRLServerPipelineConfig,
  { policy, processors } = untrained(config),
): Promise<GaussianActorPolicy> {
  await policy.savePretrained(folder);
  await savePipeline(processors.preprocessor, folder);
  await savePipeline(processors.postprocessor, folder);
  await writeFileAtomic(join(folder, TRAIN_CONFIG_FILE), JSON.stringify(config));
  return policy;
}
