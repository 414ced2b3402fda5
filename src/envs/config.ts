/** The environments a config can name. */
import { type TypedConfig, TypeRegistry } from "../config/schema/registry.ts";
import { GymManipulatorConfigSchema } from "./gym_manipulator/config.ts";

export const envConfigs = new TypeRegistry<TypedConfig>("environment")
  .register("gym_manipulator", GymManipulatorConfigSchema)
  .retire(
    "hil",
    'LeRobot\'s environment "hil" is now "gym_manipulator", and its wrapper is now processor: ' +
      "`handrail config FILE --migrate` brings a config up to date.",
  );

for (const type of ["aloha", "pusht", "xarm", "libero", "metaworld", "isaaclab_arena"]) {
  envConfigs.retire(
    type,
    `LeRobot's environment "${type}" is not available: use "gym_manipulator", or register your own`,
  );
}
