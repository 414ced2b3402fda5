/** The environment of a training config, typed. */
import type { GymManipulatorConfig } from "../envs/config.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

/** Why nothing acts in such an environment; the doctor says it, too. */
export const NO_REAL_ROBOTS = 'env.name is "real_robot", which this version cannot drive yet';

/** @throws Error unless the config names a simulation. */
export function gymManipulatorConfigOf({ env }: Pick<TrainRLServerPipelineConfig, "env">): GymManipulatorConfig {
  if (env === null) throw new Error("the config has no env: there is nothing to act in");
  if (env.type !== "gym_manipulator") throw new Error(`env.type is "${env.type}"; known: "gym_manipulator"`);
  const config = env as GymManipulatorConfig;
  if (config.name === "real_robot") {
    throw new Error(`${NO_REAL_ROBOTS}; "gym_hil" with a task such as "PandaPickCube-v0" is there`);
  }
  return config;
}
