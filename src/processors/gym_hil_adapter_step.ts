/** What simulated environments report on the side. */
import { Tensor } from "../tensor/tensor.ts";
import type { PipelineFeatures, ProcessorStep, StepConfig } from "./step.ts";
import { isIntervention, type ProcessorTransition } from "./transition.ts";

/**
 * Takes what a gym-hil environment, or one that people take over, reports in its info to where it is stored: the gripper
 * penalty, the intervention flag and the action that was really executed.
 */
export class GymHILAdapterProcessorStep implements ProcessorStep {
  readonly name = "gym_hil_adapter_processor";

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { info, complementaryData } = transition;
    const penalty = info.discrete_penalty;
    const executed = info.teleop_action;
    const action = executed instanceof Float32Array ? Tensor.of([executed.length], executed) : null;
    return {
      ...transition,
      action: action ?? transition.action,
      complementaryData: {
        ...complementaryData,
        ...(typeof penalty === "number" && { discrete_penalty: penalty }),
        ...(action && { teleop_action: action }),
        is_intervention: isIntervention(transition) ? 1 : 0,
      },
    };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return {};
  }
}
