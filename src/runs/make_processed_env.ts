/** The environment that a training config names, with the pipelines around it as LeRobot builds them for gym-hil. */
import { pluginSpecifier } from "../algorithms/plugins.ts";
import type { PolicyFeature, PolicyFeatures } from "../config/features.ts";
import type { GymManipulatorConfig } from "../envs/config.ts";
import type { BoxSpace, Env, ResetOptions } from "../envs/env.ts";
import type { Filmable } from "../envs/film_camera.ts";
import { type EnvOptions, envIds, makeEnv } from "../envs/make_env.ts";
import { PandaEnv } from "../envs/panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "../envs/panda_pick_cube/variants.ts";
import type { SceneSource } from "../envs/scene_source.ts";
import type { Watchable } from "../envs/watchable.ts";
import type { PolicyConfig } from "../policies/policy.ts";
import { policyActions } from "../policies/registry.ts";
import { RenameObservationsProcessorStep } from "../processors/basic_steps.ts";
import { GymHILAdapterProcessorStep } from "../processors/gym_hil_adapter_step.ts";
import { ImageCropResizeProcessorStep } from "../processors/image_crop_resize_step.ts";
import { InterventionActionProcessorStep } from "../processors/intervention_step.ts";
import { observationName, VanillaObservationProcessorStep } from "../processors/observation_step.ts";
import { DataProcessorPipeline } from "../processors/pipeline.ts";
import type { ProcessorStep } from "../processors/step.ts";
import { TimeLimitProcessorStep } from "../processors/time_limit_step.ts";
import type { ProcessedEnv } from "../rollout/env_step.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { gymManipulatorConfigOf } from "../settings/env_config.ts";
import { pluginAdvice } from "../settings/named_plugins.ts";

export interface MakeProcessedEnvOptions {
  /** Where the environment's generator starts until the first `reset({ seed })`. */
  readonly seed?: number;
}

export interface ConfiguredEnv extends ProcessedEnv {
  /** What a scripted operator can watch, if there is something. */
  readonly scene?: Watchable;
  /** What a display can draw, if there is something. */
  readonly display?: SceneSource;
  /** What can film it, if there is something. */
  readonly film?: Filmable;
}

/** 2 ms each, unless `handrail.environment` says otherwise. */
const PHYSICS_STEPS_PER_S = 500;

/** From gym-hil's info and names to LeRobot's. They keep nothing from step to step. */
const SIMULATION_STEPS: readonly ProcessorStep[] = [
  new GymHILAdapterProcessorStep(),
  new VanillaObservationProcessorStep(),
];

type Config = Pick<TrainRLServerPipelineConfig, "env" | "policy" | "handrail">;

/**
 * Makes the environment of `config.env` with its pipelines:
 *
 * - action: a person's action and verdict;
 * - environment: gym-hil's info → complementary data, observation names, `env.features_map`, crop and resize, time limit.
 *
 * Images are rendered when the policy sees images. `env.fps` sets the control rate, `control_time_s` the length of an
 * episode, `end_effector_step_sizes` and the gripper's penalty are the environment's; `handrail.environment` has the last word.
 *
 * @throws Error when there is no such environment, and for every difference between what it shows and what the policy
 * needs; ConfigError for wrong options.
 */
export async function makeProcessedEnv(config: Config, { seed }: MakeProcessedEnvOptions = {}): Promise<ConfiguredEnv> {
  const { policy } = config;
  const envConfig = gymManipulatorConfigOf(config);
  const env = await makeSimulation(envConfig, policy, { ...(seed !== undefined && { seed }) }, config.handrail);
  try {
    const { terminate_on_success = true } = envConfig.processor.reset ?? {};
    const processed = withPipelines(env, envSteps(envConfig, env), terminate_on_success);
    assertPolicyFits(policy, env, processed.envProcessor.outputFeatures!.observation);
    const resetOptions = resetOptionsOf(envConfig);
    return { ...processed, ...(resetOptions && { resetOptions }) };
  } catch (error) {
    await env.close();
    throw error;
  }
}

/**
 * An environment for which there is no config, with what every simulation gets: LeRobot's names, a person's action and
 * verdict.
 */
export function processSimulation(env: Env): ConfiguredEnv {
  return withPipelines(env, SIMULATION_STEPS, true);
}

function withPipelines(env: Env, envSteps: readonly ProcessorStep[], terminateOnSuccess: boolean): ConfiguredEnv {
  const envProcessor = new DataProcessorPipeline({
    name: "env_processor",
    steps: envSteps,
    inputFeatures: { observation: rawFeatures(env), action: {} },
  });
  const actionProcessor = new DataProcessorPipeline({
    name: "action_processor",
    steps: [new InterventionActionProcessorStep({ terminateOnSuccess })],
  });
  const watching = env instanceof PandaEnv ? { scene: env, display: env.sceneSource, film: env } : {};
  return { env, actionProcessor, envProcessor, ...watching };
}

async function makeSimulation(
  config: GymManipulatorConfig,
  policy: PolicyConfig,
  common: EnvOptions,
  { environment, plugins }: Pick<TrainRLServerPipelineConfig["handrail"], "environment" | "plugins">,
): Promise<Env> {
  if (config.task === null) throw new Error('env.task names no environment; write one such as "PandaPickCube-v0"');
  const id = config.task.replace(/^gym_hil\//, "");
  const isPanda = PANDA_VARIANTS.some((variant) => variant.id === id);
  const options = isPanda ? pandaOptions(config, policy) : {};
  try {
    return await makeEnv(id, { ...options, ...common, ...environment });
  } catch (error) {
    const advice = envIds().includes(id) ? "" : pluginAdvice(plugins.map((name) => pluginSpecifier(name)));
    if (advice === "") throw error;
    throw new Error(`${(error as Error).message}. ${advice}`, { cause: error });
  }
}

/** What LeRobot's keys mean to the simulated Panda. */
function pandaOptions({ fps, processor }: GymManipulatorConfig, policy: PolicyConfig): EnvOptions {
  if (!Number.isInteger(PHYSICS_STEPS_PER_S / fps)) {
    throw new Error(`env.fps is ${fps}; the simulation divides ${PHYSICS_STEPS_PER_S} by it: write 10, 20, 25 or 50`);
  }
  const { gripper, inverse_kinematics, reset } = processor;
  const stepSizes = inverse_kinematics?.end_effector_step_sizes;
  return {
    image_obs: Object.values(policy.input_features).some(({ type }) => type === "VISUAL"),
    control_dt: 1 / fps,
    ...(gripper && { use_gripper: gripper.use_gripper, gripper_penalty: gripper.gripper_penalty }),
    ...(stepSizes && { ee_step_size: stepSizes }),
    ...(reset && { max_episode_steps: maxEpisodeSteps(fps, reset.control_time_s) }),
  };
}

function maxEpisodeSteps(fps: number, controlTimeS: number): number {
  return Math.max(1, Math.round(fps * controlTimeS));
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

/** The environment may show more than the policy needs, never less or otherwise. */
function assertPolicyFits(policy: PolicyConfig, env: Env, shown: PolicyFeatures): void {
  const differences: string[] = [];
  for (const [key, { type, shape }] of Object.entries(policy.input_features)) {
    const feature = shown[key];
    if (feature === undefined) {
      differences.push(`"${key}" is not shown; there is: ${Object.keys(shown).join(", ")}`);
    } else if (feature.shape.join() !== shape.join()) {
      differences.push(`"${key}" has shape [${feature.shape.join(", ")}], the policy takes [${shape.join(", ")}]`);
    } else if ((feature.type === "VISUAL") !== (type === "VISUAL")) {
      differences.push(`"${key}" is ${feature.type}, the policy takes it as ${type}`);
    }
  }
  const { length } = policyActions(policy);
  const taken = env.actionSpace.shape.reduce((product, size) => product * size, 1);
  if (length !== taken) {
    differences.push(
      `actions have ${taken} elements, the policy chooses ${length} (policy.output_features.action, and one more for ` +
        "the gripper when policy.num_discrete_actions is set)",
    );
  }
  if (differences.length > 0) {
    throw new Error(`${env.id} does not fit policy.input_features and output_features:\n  ${differences.join("\n  ")}`);
  }
}
