/** The pipelines around a simulation, as LeRobot builds them for gym-hil. */
import type { PolicyFeature, PolicyFeatures } from "../../config/schema/features.ts";
import { DataProcessorPipeline } from "../../processors/pipeline.ts";
import type { ProcessorStep } from "../../processors/step.ts";
import { RenameObservationsProcessorStep } from "../../processors/steps/basic_steps.ts";
import { GripperPenaltyProcessorStep } from "../../processors/steps/gripper_penalty_step.ts";
import { GymHILAdapterProcessorStep } from "../../processors/steps/gym_hil_adapter_step.ts";
import { ImageCropResizeProcessorStep } from "../../processors/steps/image_crop_resize_step.ts";
import { InterventionActionProcessorStep } from "../../processors/steps/intervention_step.ts";
import { observationName, VanillaObservationProcessorStep } from "../../processors/steps/observation_step.ts";
import { TimeLimitProcessorStep } from "../../processors/steps/time_limit_step.ts";
import type { BoxSpace, Env, ResetOptions } from "../env.ts";
import type { Simulation } from "../make_env.ts";
import { type ConfiguredEnv, middleOf } from "../processed_env.ts";
import type { GymManipulatorConfig } from "./config.ts";
import { maxEpisodeSteps } from "./episode_length.ts";

/** From gym-hil's info and names to LeRobot's. They keep nothing from step to step. */
const SIMULATION_STEPS: readonly ProcessorStep[] = [
  new GymHILAdapterProcessorStep(),
  new VanillaObservationProcessorStep(),
];

/**
 * A simulation for which there is no config, with what every simulation gets: LeRobot's names, a person's action and
 * verdict.
 */
export function processSimulation(simulation: Env | Simulation): ConfiguredEnv {
  const whole = "step" in simulation ? { env: simulation } : simulation;
  return withPipelines(whole, [new InterventionActionProcessorStep()], SIMULATION_STEPS);
}

/** A simulation with the pipelines of its config. */
export function processByConfig(simulation: Simulation, config: GymManipulatorConfig): ConfiguredEnv {
  const resetOptions = resetOptionsOf(config);
  return {
    ...withPipelines(simulation, actionSteps(config, simulation), envSteps(config, simulation.env)),
    ...(resetOptions && { resetOptions }),
  };
}

function withPipelines(
  simulation: Simulation,
  actionSteps: readonly ProcessorStep[],
  envSteps: readonly ProcessorStep[],
): ConfiguredEnv {
  const { actionSpace } = simulation.env;
  const inputFeatures = { observation: rawFeatures(simulation.env), action: {} };
  return {
    ...simulation,
    actionProcessor: new DataProcessorPipeline({ name: "action_processor", steps: actionSteps }),
    envProcessor: new DataProcessorPipeline({ name: "env_processor", steps: envSteps, inputFeatures }),
    policyActionSpace: actionSpace,
    restingAction: middleOf(actionSpace),
  };
}

/** A simulation that measures its gripper leaves the penalty to the pipeline; the Panda reports its own. */
function actionSteps({ processor }: GymManipulatorConfig, { measure }: Simulation): ProcessorStep[] {
  const { reset, gripper, max_gripper_pos } = processor;
  const penalises = measure !== undefined && gripper?.use_gripper === true && max_gripper_pos !== null;
  return [
    new InterventionActionProcessorStep({ terminateOnSuccess: reset?.terminate_on_success ?? true }),
    ...(penalises
      ? [new GripperPenaltyProcessorStep({ penalty: gripper.gripper_penalty, maxGripperPosition: max_gripper_pos })]
      : []),
  ];
}

function envSteps({ fps, processor, features_map }: GymManipulatorConfig, env: Env): ProcessorStep[] {
  const { image_preprocessing: image, reset } = processor;
  const names = new Set(Object.keys(env.observationSpace).map(observationName));
  const renamed = Object.entries(features_map)
    .map(([from, to]) => [observationName(from), to] as const)
    .filter(([from, to]) => from !== to && names.has(from));
  return [
    ...SIMULATION_STEPS,
    ...(renamed.length > 0 ? [new RenameObservationsProcessorStep(Object.fromEntries(renamed))] : []),
    ...(image
      ? [
          new ImageCropResizeProcessorStep({
            ...(image.crop_params_dict && { cropParams: image.crop_params_dict }),
            ...(image.resize_size && { resizeSize: image.resize_size }),
          }),
        ]
      : []),
    ...(reset ? [new TimeLimitProcessorStep(maxEpisodeSteps(fps, reset.control_time_s))] : []),
  ];
}

function resetOptionsOf({ processor }: GymManipulatorConfig): ResetOptions["options"] | undefined {
  const positions = processor.reset?.fixed_reset_joint_positions;
  return positions ? { jointPositions: positions } : undefined;
}

/** The environment's observations as features; what kind each is follows from its name. */
function rawFeatures({ observationSpace }: Env): PolicyFeatures {
  const features = Object.entries(observationSpace).map(([key, space]): [string, PolicyFeature] => [
    key,
    { type: featureType(key, space), shape: space.shape },
  ]);
  return Object.fromEntries(features);
}

function featureType(key: string, { dtype, shape }: BoxSpace): PolicyFeature["type"] {
  if (dtype === "uint8" && shape.length === 3) return "VISUAL";
  return key === "environment_state" ? "ENV" : "STATE";
}
