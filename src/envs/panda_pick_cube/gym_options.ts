/** Maps LeRobot's environment keys to options of the simulated Panda. */
import type { PolicyFeatures } from "../../config/schema/features.ts";
import type { GymManipulatorConfig } from "../gym_manipulator/config.ts";
import { maxEpisodeSteps } from "../gym_manipulator/episode_length.ts";

/** 2 ms each, unless `handrail.environment` says otherwise. */
const PHYSICS_STEPS_PER_S = 500;

/** @throws Error for a rate at which a control step is no whole number of physics steps. */
export function pandaGymOptions(
  { fps, processor }: GymManipulatorConfig,
  inputFeatures: PolicyFeatures,
): Readonly<Record<string, unknown>> {
  if (!Number.isInteger(PHYSICS_STEPS_PER_S / fps)) {
    throw new Error(`env.fps is ${fps}; the simulation divides ${PHYSICS_STEPS_PER_S} by it: write 10, 20, 25 or 50`);
  }
  const { gripper, inverse_kinematics, reset } = processor;
  const stepSizes = inverse_kinematics?.end_effector_step_sizes;
  return {
    image_obs: Object.values(inputFeatures).some(({ type }) => type === "VISUAL"),
    control_dt: 1 / fps,
    ...(gripper && { use_gripper: gripper.use_gripper, gripper_penalty: gripper.gripper_penalty }),
    ...(stepSizes && { ee_step_size: stepSizes }),
    ...(reset && {
      max_episode_steps: maxEpisodeSteps(fps, reset.control_time_s),
      terminate_on_success: reset.terminate_on_success,
    }),
  };
}
