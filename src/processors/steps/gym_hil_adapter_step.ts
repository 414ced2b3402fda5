/** Reads the info of gym-hil's environments. */
import type { PipelineFeatures, ProcessorStep, StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";

/** Copies the gripper penalty from a gym-hil environment's info to the complementary data. */
export class GymHILAdapterProcessorStep implements ProcessorStep {
  readonly name = "gym_hil_adapter_processor";

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { info, complementaryData } = transition;
    const penalty = info.discrete_penalty;
    if (typeof penalty !== "number") return transition;
    return { ...transition, complementaryData: { ...complementaryData, discrete_penalty: penalty } };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return {};
  }
}
