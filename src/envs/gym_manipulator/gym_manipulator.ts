/** LeRobot's environment type `gym_manipulator`: a simulation by the id of its task. */
import type { EnvContext, EnvSettings, EnvType } from "../env_type.ts";
import { gymOptionsOf, makeSimulation } from "../make_env.ts";
import { elementNames, taskInWords } from "../panda_pick_cube/variants.ts";
import type { ConfiguredEnv } from "../processed_env.ts";
import { ThreadEnv } from "../thread_env/thread_env.ts";
import { type GymManipulatorConfig, GymManipulatorConfigSchema } from "./config.ts";
import { processByConfig } from "./pipelines.ts";

/** Shared with the doctor. */
export const NO_REAL_ROBOTS = 'env.name is "real_robot", which this version cannot drive yet';

/**
 * Pipelines: a person's action and verdict before the action; after the observation gym-hil's info, names, `env.features_map`,
 * crop and resize, time limit.
 *
 * Images are rendered when the policy sees images. `env.fps` sets the control rate, `control_time_s` the length of an
 * episode, `end_effector_step_sizes` and the gripper's penalty are the simulation's; `handrail.environment` has the last word.
 */
export const gymManipulator: EnvType<GymManipulatorConfig> = {
  schema: GymManipulatorConfigSchema,

  settings(config): EnvSettings {
    assertSimulation(config);
    const { fps, task, processor } = config;
    const words = taskInWords(task);
    const rewardModel = rewardModelOf(processor.reward_classifier);
    return {
      fps,
      task,
      elementNames: elementNames(task),
      runsInThreads: true,
      ...(words !== undefined && { taskInWords: words }),
      ...(rewardModel !== undefined && { rewardModel }),
      ...(processor.reset && {
        episodeTimeS: processor.reset.control_time_s,
        resetTimeS: processor.reset.reset_time_s,
        terminateOnSuccess: processor.reset.terminate_on_success,
      }),
    };
  },

  async create(config, { inputFeatures, seed, options, thread }: EnvContext): Promise<ConfiguredEnv> {
    assertSimulation(config);
    if (config.task === null) throw new Error('env.task names no environment; write one such as "PandaPickCube-v0"');
    const all = {
      ...gymOptionsOf(config.task, config, inputFeatures),
      ...(seed !== undefined && { seed }),
      ...options,
    };
    const simulation = thread
      ? { env: await ThreadEnv.create(config.task, all, thread) }
      : await makeSimulation(config.task, all);
    try {
      return processByConfig(simulation, config);
    } catch (error) {
      await simulation.env.close();
      throw error;
    }
  },
};

/** LeRobot's block in the form of `handrail.reward_model`. */
function rewardModelOf(classifier: GymManipulatorConfig["processor"]["reward_classifier"]): EnvSettings["rewardModel"] {
  if (classifier === null || classifier.pretrained_path === null) return undefined;
  const { pretrained_path, success_threshold, success_reward } = classifier;
  const threshold = success_threshold === undefined ? {} : { success_threshold };
  return { type: "reward_classifier", pretrained_path, success_reward, ...threshold };
}

function assertSimulation({ name }: GymManipulatorConfig): void {
  if (name !== "real_robot") return;
  throw new Error(`${NO_REAL_ROBOTS}; use name "gym_hil" with a task such as "PandaPickCube-v0"`);
}
