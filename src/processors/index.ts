/** Pipelines of small named steps between the world and the network. */

export { DataProcessorPipeline, type DataProcessorPipelineOptions } from "./pipeline.ts";
export { type LoadPipelineOptions, loadPipeline, savePipeline } from "./pipeline_files.ts";
export {
  makePolicyProcessors,
  type NormalizedPolicyConfig,
  POLICY_POSTPROCESSOR,
  POLICY_PREPROCESSOR,
  type PolicyProcessorOptions,
  type PolicyProcessors,
  policyProcessorsOf,
} from "./policy_processors.ts";
export { FeatureError, type PipelineFeatures, ProcessorError, type ProcessorStep, type StepConfig } from "./step.ts";
export { processorSteps, type StepEntry, StepRegistry, type StepType } from "./step_registry.ts";
export {
  AddBatchDimensionProcessorStep,
  DeviceProcessorStep,
  RenameObservationsProcessorStep,
} from "./steps/basic_steps.ts";
export { GripperPenaltyProcessorStep } from "./steps/gripper_penalty_step.ts";
export { GymHILAdapterProcessorStep } from "./steps/gym_hil_adapter_step.ts";
export { ImageCropResizeProcessorStep } from "./steps/image_crop_resize_step.ts";
export { InterventionActionProcessorStep } from "./steps/intervention_step.ts";
export {
  type FeatureNormalization,
  type NormalizerOptions,
  NormalizerProcessorStep,
  UnnormalizerProcessorStep,
} from "./steps/normalize.ts";
export { VanillaObservationProcessorStep } from "./steps/observation_step.ts";
export { TimeLimitProcessorStep } from "./steps/time_limit_step.ts";
export { makeTransition, type ProcessorTransition, type Teleoperation } from "./transition.ts";
