/** Policies and environments to evaluate. */
import type { PandaEnv } from "../../src/envs/panda_pick_cube/panda_env.ts";
import { makePandaEnv } from "../../src/envs/panda_pick_cube/variants.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { GymHILAdapterProcessorStep } from "../../src/processors/gym_hil_adapter_step.ts";
import { InterventionActionProcessorStep } from "../../src/processors/intervention_step.ts";
import { VanillaObservationProcessorStep } from "../../src/processors/observation_step.ts";
import { DataProcessorPipeline } from "../../src/processors/pipeline.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { Tensor } from "../../src/tensor/index.ts";
import type { ProcessedEnv } from "../../src/training/env_step.ts";
import type { EvaluatePolicyOptions } from "../../src/training/evaluation/evaluate_policy.ts";
import { smallPolicy, smallPolicyConfig } from "../algorithms/small.ts";

/** What a policy for the state observation of PandaPickCube is made of, small. */
export const PANDA_POLICY = {
  input_features: {
    "observation.environment_state": { type: "ENV", shape: [3] },
    "observation.state": { type: "STATE", shape: [18] },
  },
  output_features: { action: { type: "ACTION", shape: [3] } },
  num_discrete_actions: 3,
  normalization_mapping: { ACTION: "MIN_MAX" },
  dataset_stats: { action: { min: [-1, -1, -1], max: [1, 1, 1] } },
};

export type Panda = ProcessedEnv & { readonly env: PandaEnv };

export async function makePanda(options: Readonly<Record<string, unknown>> = {}): Promise<Panda> {
  const env = await makePandaEnv("PandaPickCube-v0", { randomBlockPosition: true, maxEpisodeSteps: 60, ...options });
  return {
    env,
    actionProcessor: new DataProcessorPipeline({
      name: "action_processor",
      steps: [new InterventionActionProcessorStep()],
    }),
    envProcessor: new DataProcessorPipeline({
      name: "env_processor",
      steps: [new GymHILAdapterProcessorStep(), new VanillaObservationProcessorStep()],
    }),
  };
}

/** A network that never learned anything. */
export function untrained(): Pick<EvaluatePolicyOptions, "policy" | "processors"> {
  const processors = makeGaussianActorPrePostProcessors(smallPolicyConfig(PANDA_POLICY));
  return { policy: smallPolicy(PANDA_POLICY), processors };
}

/** A policy that solves the task: the scripted operator's hands, without a person. */
export function scriptedPolicy({ env }: Panda, seed = 1): Pick<EvaluatePolicyOptions, "policy" | "processors"> {
  const hands = new ScriptedOperator(env, { mode: "demonstrate", seed });
  const { policy, processors } = untrained();
  return {
    processors,
    policy: {
      weights: () => policy.weights(),
      async selectAction() {
        if (!hands.getTeleopEvents().isIntervention) throw new Error("it demonstrates all the time");
        return Tensor.of([1, 4], hands.getAction());
      },
    },
  };
}
