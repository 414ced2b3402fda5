/** Environments: the interface, those that come with Handrail, and ways to run several. */
export * from "./env.ts";
export type { EnvContext, EnvSettings, EnvType } from "./env_type.ts";
export { makeConfiguredEnv, registerEnvType } from "./env_types.ts";
export { processSimulation } from "./gym_manipulator/pipelines.ts";
export {
  type EnvFactory,
  type EnvOptions,
  envIds,
  type GymOptions,
  makeEnv,
  makeSimulation,
  registerEnv,
  type Simulation,
} from "./make_env.ts";
export {
  GRIPPER_CLOSE,
  GRIPPER_OPEN,
  GRIPPER_STAY,
  type GripperConvention,
} from "./panda_pick_cube/control/gripper_command.ts";
export { ARRANGE_BOXES_MJCF, PICK_CUBE_MJCF } from "./panda_pick_cube/mjcf/scene.ts";
export type { PandaOptions, PandaOptionsInput } from "./panda_pick_cube/options.ts";
export { PandaEnv, type PandaVariant } from "./panda_pick_cube/panda_env.ts";
export type { PandaResetOptions } from "./panda_pick_cube/reset_options.ts";
export { makePandaEnv, PANDA_VARIANTS } from "./panda_pick_cube/variants.ts";
export { Pendulum, type PendulumResetOptions } from "./pendulum.ts";
export {
  type ConfiguredEnv,
  closeProcessedEnv,
  type EnvCapabilities,
  middleOf,
  type ProcessedEnv,
  withoutProcessing,
} from "./processed_env.ts";
export {
  type GeomShape,
  POSE_SIZE,
  type SceneDescription,
  type SceneGeom,
  type SceneSource,
} from "./scene_source.ts";
export { ThreadEnv, type ThreadEnvOptions } from "./thread_env/thread_env.ts";
export type { VisibleScene, Watchable } from "./watchable.ts";
