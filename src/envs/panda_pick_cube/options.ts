/** The options of the Panda environments, named as in gym-hil, with its defaults. */
import { z } from "zod";
import { parseConfig } from "../../config/parse.ts";
import { GRIPPER_CONVENTIONS } from "./control/gripper_command.ts";
import { REWARD_TYPES } from "./tasks/task.ts";

const stepM = z.number().positive().max(1).default(0.025);

export const pandaOptionsSchema = z.strictObject({
  /** Seeds the generator until the first `reset({ seed })`. */
  seed: z.int().default(0),
  /** Observe the two cameras instead of the cube's position. */
  imageObs: z.boolean().default(false),
  /** Camera images in pixels. */
  renderSpec: z
    .strictObject({ height: z.int().min(1).max(4096).default(128), width: z.int().min(1).max(4096).default(128) })
    .prefault({}),
  /** Depth samples per pixel and axis; 1 draws without anti-aliasing. */
  samplesPerAxis: z.int().min(1).max(8).default(1),
  rewardType: z.enum(REWARD_TYPES).default("sparse"),
  randomBlockPosition: z.boolean().default(false),
  /** Report `info.discrete_penalty` for every full opening or closing. */
  useGripper: z.boolean().default(true),
  /** The size of that penalty: a learner adds it to the reward of the gripper's critic. */
  gripperPenalty: z.number().max(0).default(-0.02),
  /** `"handrail"`: 0 closes, 2 opens. `"gym_hil"`: 2 closes, for policies trained there. */
  gripperConvention: z.enum(GRIPPER_CONVENTIONS).default("handrail"),
  /** How far an action of 1 moves the tool, in metres per control step. */
  eeStepSize: z.strictObject({ x: stepM, y: stepM, z: stepM }).prefault({}),
  /** Seconds per control step; a whole multiple of `physicsDt`. */
  controlDt: z.number().positive().max(10).default(0.1),
  /** Seconds per physics step. */
  physicsDt: z.number().positive().max(0.01).default(0.002),
  /** Steps after which an episode is truncated. */
  maxEpisodeSteps: z.int().positive().default(100),
  /** Whether success ends an episode. */
  terminateOnSuccess: z.boolean().default(true),
  /** A scene of your own with the same named joints, actuators, sensors, bodies and cameras. */
  mjcfPath: z.string().min(1).optional(),
});

export type PandaOptions = z.output<typeof pandaOptionsSchema>;
export type PandaOptionsInput = z.input<typeof pandaOptionsSchema>;

/** Options of gym-hil that concern its viewer and input devices: other parts of Handrail do that work. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  useViewer: "watch through the dashboard, which shows what the cameras see",
  showUi: "watch through the dashboard, which shows what the cameras see",
  renderMode: "images are part of the observation: set imageObs",
  useInputsControl: "give the teleoperator to the loop that plays the episodes",
  useGamepad: "give a gamepad teleoperator to the loop that plays the episodes",
  controllerConfigPath: "configure the gamepad teleoperator instead",
  autoReset: "only vectorised environments reset automatically; call reset()",
  resetDelaySeconds: "pace resets where episodes are run; the simulation needs no pause",
};

/**
 * Checks options and fills in defaults. Keys may also be spelled as in config files (`image_obs`).
 *
 * @throws ConfigError naming the environment, every wrong option and the nearest known one.
 */
export function parsePandaOptions(id: string, options: Readonly<Record<string, unknown>>): PandaOptions {
  const entries = Object.entries(options).map(([key, value]) => {
    const camel = camelCase(key);
    const advice = ELSEWHERE[camel];
    if (advice !== undefined) throw new Error(`${id} has no option "${key}": ${advice}`);
    return [camel in pandaOptionsSchema.shape ? camel : key, value];
  });
  const parsed = parseConfig(pandaOptionsSchema, Object.fromEntries(entries), `options of ${id}`);
  const physicsSteps = parsed.controlDt / parsed.physicsDt;
  if (Math.abs(physicsSteps - Math.round(physicsSteps)) > 1e-6 || physicsSteps < 1) {
    throw new Error(
      `options of ${id}: controlDt (${parsed.controlDt} s) must be a whole multiple of physicsDt (${parsed.physicsDt} s)`,
    );
  }
  return parsed;
}

function camelCase(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
