/** The `env` part of a training config: LeRobot's keys and defaults for robots and their simulation. */
import { z } from "zod";
import { PolicyFeaturesSchema } from "../../config/schema/features.ts";
import { ignoredKey } from "../../config/schema/ignored_key.ts";
import { nameText } from "../../config/schema/name_text.ts";

/** Marks keys for real robots, which this version cannot drive. */
const forRobots = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  ignoredKey(schema, `On a real robot, which cannot be driven yet: ${description}`);

/** Robots and teleoperators check their own settings when they are created. */
const DeviceSchema = z.looseObject({ type: z.string().describe("Type. Its own settings stand beside it.") });

const ObservationSchema = z.strictObject({
  add_joint_velocity_to_observation: forRobots(z.boolean().default(false), "append joint velocities to the state."),
  add_current_to_observation: forRobots(z.boolean().default(false), "append motor currents to the state."),
  add_ee_pose_to_observation: forRobots(
    z.boolean().default(false),
    "append the end-effector's pose to the observation.",
  ),
  display_cameras: ignoredKey(
    z.boolean().default(false),
    "LeRobot's window with the cameras; here the dashboard shows them.",
  ),
});

const pixels = z.int().min(0);
const ImagePreprocessingSchema = z.strictObject({
  crop_params_dict: z
    .record(z.string(), z.tuple([pixels, pixels, pixels, pixels]))
    .nullable()
    .default(null)
    .describe("Crop per camera, [top, left, height, width] in pixels. Keep only what the policy needs to see."),
  resize_size: z
    .tuple([pixels, pixels])
    .nullable()
    .default(null)
    .describe("[height, width] after cropping. The image encoders are made for 128 × 128."),
});

const GripperSchema = z.strictObject({
  use_gripper: z.boolean().default(true).describe("Whether the last element of the action is the gripper."),
  gripper_penalty: z
    .number()
    .max(0)
    .default(0)
    .describe("Penalty per opening or closing, for the gripper's critic. −0.02 to −0.05 stops fluttering."),
});

const ResetSchema = z.strictObject({
  fixed_reset_joint_positions: z
    .array(z.number())
    .nullable()
    .default(null)
    .describe("Joint positions at the start of an episode, rad in simulation. null: the simulation's own start."),
  reset_time_s: z
    .number()
    .min(0)
    .default(5)
    .describe("Pause between episodes in seconds, to put the object back. Only with handrail.pacing real_time."),
  control_time_s: z
    .number()
    .positive()
    .default(20)
    .describe("Time limit of an episode in seconds. Longer episodes are truncated."),
  terminate_on_success: z.boolean().default(true).describe("Whether success ends the episode."),
});

const positionM = (which: string) => z.array(z.number()).length(3).describe(`${which} corner [x, y, z] in metres.`);
const stepM = (axis: string) => z.number().positive().describe(`Metres per control step along ${axis}.`);
const InverseKinematicsSchema = z.strictObject({
  urdf_path: forRobots(nameText().nullable().default(null), "the arm's URDF."),
  target_frame_name: forRobots(z.string().nullable().default(null), "the frame that is moved."),
  end_effector_bounds: forRobots(
    z
      .strictObject({ min: positionM("Lower"), max: positionM("Upper") })
      .nullable()
      .default(null),
    "workspace box in metres, in the robot's base frame.",
  ),
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
  success_threshold: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      "Probability from which an observation is a success. Default: the one that suits the classifier, or 0.5.",
    ),
  success_reward: z.number().default(1).describe("Reward of a step with success. Other steps get 0."),
});

const HILSerlProcessorSchema = z.strictObject({
  control_mode: ignoredKey(
    z.string().default("gamepad"),
    'Input device in LeRobot: "gamepad", "keyboard_ee" or "leader". Handrail uses env.teleop.',
  ),
  observation: forRobots(ObservationSchema.nullable().default(null), "what is added to the observation."),
  image_preprocessing: ImagePreprocessingSchema.nullable().default(null).describe("Crop and resize."),
  gripper: GripperSchema.nullable().default(null).describe("Gripper and its penalty."),
  reset: ResetSchema.nullable().default(null).describe("Start, length and end of an episode."),
  inverse_kinematics: InverseKinematicsSchema.nullable().default(null).describe("End-effector control."),
  reward_classifier: RewardClassifierSchema.nullable()
    .default(null)
    .describe("Reward classifier, as LeRobot names it. handrail.reward_model has more settings."),
  max_gripper_pos: z
    .number()
    .positive()
    .nullable()
    .default(100)
    .describe(
      "Gripper position when fully closed, for the penalty in simulations that measure it. The simulated Panda ignores it.",
    ),
});

export const GymManipulatorConfigSchema = z.strictObject({
  type: z.literal("gym_manipulator"),
  name: z
    .enum(["real_robot", "gym_hil"])
    .default("real_robot")
    .describe('"real_robot", or "gym_hil" for the simulated Panda.'),
  task: z.string().nullable().default(null).describe('Id of the simulated environment, such as "PandaPickCube-v0".'),
  fps: z.number().positive().default(30).describe("Control steps per second. 10 is usual for learning on a robot."),
  features: ignoredKey(
    PolicyFeaturesSchema.default({}),
    "Features of the environment. Handrail reads them from the environment.",
  ),
  features_map: z.record(z.string(), z.string()).default({}).describe("The policy's name for each feature."),
  robot: forRobots(DeviceSchema.nullable().default(null), "its type and settings."),
  teleop: DeviceSchema.nullable()
    .default(null)
    .describe('Teleoperator: "dashboard", "scripted" (a program, in simulation) or a type that a plug-in registers.'),
  processor: HILSerlProcessorSchema.prefault({}).describe("Pipelines around the environment."),
  max_parallel_tasks: ignoredKey(z.int().default(1), "Parallel tasks in LeRobot's evaluation."),
  disable_env_checker: ignoredKey(z.boolean().default(true), "Gymnasium's checker."),
});
export type GymManipulatorConfig = z.output<typeof GymManipulatorConfigSchema>;
