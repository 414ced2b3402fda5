/** The `env` part of a training config: LeRobot's keys and defaults for robots and their simulation. */
import { z } from "zod";
import { PolicyFeaturesSchema } from "../../config/features.ts";
import { kept } from "../../config/kept.ts";
import { nameText } from "../../config/name_text.ts";

/** Robots and teleoperators check their own settings when they are made; here only their name is needed. */
const DeviceSchema = z.looseObject({ type: z.string().describe("Which one; its own settings stand beside it.") });

const ObservationSchema = z.strictObject({
  add_joint_velocity_to_observation: z.boolean().default(false).describe("Append joint velocities to the state."),
  add_current_to_observation: z.boolean().default(false).describe("Append motor currents to the state."),
  add_ee_pose_to_observation: z.boolean().default(false).describe("Append the end-effector's pose to the observation."),
  display_cameras: z.boolean().default(false).describe("Show the cameras in a window (LeRobot)."),
});

const pixels = z.int().min(0);
const ImagePreprocessingSchema = z.strictObject({
  crop_params_dict: z
    .record(z.string(), z.tuple([pixels, pixels, pixels, pixels]))
    .nullable()
    .default(null)
    .describe("Per camera [top, left, height, width] in pixels: what the policy needs to see, and nothing else."),
  resize_size: z
    .tuple([pixels, pixels])
    .nullable()
    .default(null)
    .describe("[height, width] after cropping. 128 × 128 is what the image encoders are made for."),
});

const GripperSchema = z.strictObject({
  use_gripper: z.boolean().default(true).describe("Whether the last element of the action is the gripper."),
  gripper_penalty: z
    .number()
    .max(0)
    .default(0)
    .describe("Per opening or closing, for the gripper's critic. −0.02 to −0.05 stops it from fluttering."),
});

const ResetSchema = z.strictObject({
  fixed_reset_joint_positions: z
    .array(z.number())
    .nullable()
    .default(null)
    .describe("Joint positions that an episode starts from (degrees on SO arms, rad in simulation). null: stay."),
  reset_time_s: z.number().min(0).default(5).describe("Seconds between episodes: time to put the object back."),
  control_time_s: z.number().positive().default(20).describe("Longest episode in seconds; the rest is truncated."),
  terminate_on_success: z.boolean().default(true).describe("Whether success ends the episode."),
});

const positionM = (which: string) => z.array(z.number()).length(3).describe(`${which} corner [x, y, z] in metres.`);
const stepM = (axis: string) => z.number().positive().describe(`Metres per control step along ${axis}.`);
const InverseKinematicsSchema = z.strictObject({
  urdf_path: nameText().nullable().default(null).describe("The arm's URDF."),
  target_frame_name: z.string().nullable().default(null).describe("The frame that is moved."),
  end_effector_bounds: z
    .strictObject({ min: positionM("Lower"), max: positionM("Upper") })
    .nullable()
    .default(null)
    .describe("Workspace box in metres, in the robot's base frame. The safest setting there is: keep it tight."),
  end_effector_step_sizes: z
    .strictObject({ x: stepM("x"), y: stepM("y"), z: stepM("z") })
    .nullable()
    .default(null)
    .describe("Metres per control step at an action of 1. 0.025 at 10 Hz is 25 cm/s."),
});

const RewardClassifierSchema = z.strictObject({
  pretrained_path: nameText()
    .nullable()
    .default(null)
    .describe("Folder or Hub repository of the classifier. null: none."),
  success_threshold: z.number().min(0).max(1).default(0.5).describe("Probability from which an image is a success."),
  success_reward: z.number().default(1).describe("Reward for it."),
});

const HILSerlProcessorSchema = z.strictObject({
  control_mode: z.string().default("gamepad").describe('How a person steers: "gamepad", "keyboard_ee", "leader".'),
  observation: ObservationSchema.nullable().default(null).describe("What is added to the observation."),
  image_preprocessing: ImagePreprocessingSchema.nullable().default(null).describe("Crop and resize."),
  gripper: GripperSchema.nullable().default(null).describe("Gripper and its penalty."),
  reset: ResetSchema.nullable().default(null).describe("Start, length and end of an episode."),
  inverse_kinematics: InverseKinematicsSchema.nullable().default(null).describe("End-effector control."),
  reward_classifier: RewardClassifierSchema.nullable().default(null).describe("Reward from images."),
  max_gripper_pos: z.number().positive().nullable().default(100).describe("Gripper position when fully closed."),
});

export const GymManipulatorConfigSchema = z.strictObject({
  type: z.literal("gym_manipulator"),
  name: z
    .enum(["real_robot", "gym_hil"])
    .default("real_robot")
    .describe('"real_robot", or "gym_hil" for the simulated Panda.'),
  task: z.string().nullable().default(null).describe('In simulation the environment, such as "PandaPickCube-v0".'),
  fps: z.number().positive().default(30).describe("Control steps per second. 10 is usual for learning on a robot."),
  features: PolicyFeaturesSchema.default({}).describe("The environment's features; found out where possible."),
  features_map: z.record(z.string(), z.string()).default({}).describe("The policy's name of each feature."),
  robot: DeviceSchema.nullable().default(null).describe("The robot, when name is real_robot."),
  teleop: DeviceSchema.nullable()
    .default(null)
    .describe('What a person steers with: "dashboard", "scripted" (a program, in simulation) or a plug-in\'s type.'),
  processor: HILSerlProcessorSchema.prefault({}).describe("Processing around the environment."),
  max_parallel_tasks: kept(z.int().default(1), "Parallel tasks in LeRobot's evaluation."),
  disable_env_checker: kept(z.boolean().default(true), "Gymnasium's checker."),
});
export type GymManipulatorConfig = z.output<typeof GymManipulatorConfigSchema>;
