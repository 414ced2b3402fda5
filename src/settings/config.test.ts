import { expect, test } from "vitest";
import { ConfigError } from "../config/error.ts";
import { loadConfig } from "../config/load.ts";
import { migrateTrainingConfig } from "../config/migration/migrate.ts";
import { parseConfig } from "../config/parse.ts";
import { unusedKeys } from "../config/schema/schema_walk.ts";
import { GaussianActorConfigSchema } from "../policies/gaussian_actor/config.ts";
import { makeGaussianActorPrePostProcessors } from "../policies/gaussian_actor/processors.ts";
import { TrainRLServerPipelineConfigSchema } from "./config.ts";

const PRESETS = ["configs/pick_cube.json", "configs/pick_cube_pixels.json"];
const POLICY = {
  type: "gaussian_actor",
  input_features: { "observation.state": { type: "STATE", shape: [18] } },
  output_features: { action: { type: "ACTION", shape: [3] } },
};

function parse(config: unknown) {
  return parseConfig(TrainRLServerPipelineConfigSchema, config);
}

test("only the policy must be given; the rest has LeRobot's defaults", () => {
  expect(parse({ policy: POLICY })).toMatchObject({
    algorithm: { type: "sac", discount: 0.99 },
    mixer: "online_offline",
    online_ratio: 0.5,
    batch_size: 8,
    seed: 1000,
    log_freq: 200,
    save_freq: 20_000,
    dataset: null,
    env: null,
  });
});

test.each(PRESETS)("%s parses, and its statistics fit its features", async (path) => {
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, path);
  expect(config).toMatchObject({
    env: { type: "gym_manipulator", fps: 10 },
    algorithm: { temperature_init: 0.01 },
  });
  const policy = parseConfig(GaussianActorConfigSchema, config.policy);
  const { preprocessor } = makeGaussianActorPrePostProcessors(policy);
  expect(preprocessor.outputFeatures?.observation).toEqual(policy.input_features);
});

test.each(PRESETS)("%s parses again to itself once resolved", async (path) => {
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, path);
  expect(parse(JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test("overrides reach every part, presets included", async () => {
  const overrides = ["--algorithm.type=rlpd", "--algorithm.utd_ratio=4", "--env.fps=20", "--policy.latent_dim=64"];
  const config = await loadConfig(TrainRLServerPipelineConfigSchema, PRESETS[0]!, { overrides });
  expect(config).toMatchObject({
    algorithm: { type: "sac", num_critics: 10, utd_ratio: 4, discount: 0.99 },
    env: { fps: 20 },
    policy: { latent_dim: 64 },
  });
});

test.each([
  [{ policy: POLICY, algorithm: { type: "sca" } }, 'algorithm.type: unknown algorithm type "sca". Did you mean "sac"?'],
  [{ policy: { ...POLICY, discount: 0.97 } }, 'policy.discount: unknown key. Did you mean "algorithm.discount"?'],
  [{ policy: { ...POLICY, type: "sac" } }, 'policy.type: LeRobot split its "sac" policy in two'],
  [
    { policy: POLICY, env: { type: "gym_manipulator", processor: { gripper: { gripper_penalty: 0.02 } } } },
    "env.processor.gripper.gripper_penalty: must be at most 0, got 0.02",
  ],
  [
    { policy: POLICY, handrail: { updates_per_step: { min: 2, max: 1 } } },
    "handrail.updates_per_step.min: must not be above max (1)",
  ],
  [
    { policy: POLICY, handrail: { transport: { type: "grcp" } } },
    'handrail.transport.type: unknown transport type "grcp". Did you mean "grpc"?',
  ],
  [
    { policy: POLICY, handrail: { transport: { type: "in_process", keep_alive_s: 3 } } },
    "handrail.transport.keep_alive_s: unknown key.",
  ],
  [
    { policy: POLICY, mixer: "onlin_offline" },
    'mixer: unknown mixer "onlin_offline". Did you mean "online_offline"? Known: "online_offline"',
  ],
  [{}, 'policy: is required: an object with a "type" (one of "gaussian_actor")'],
])("%j is refused", (config, message) => {
  expect(() => parse(config)).toThrow(message);
});

test("a config of an older LeRobot is refused, and runs after migration", () => {
  const old = {
    policy: { ...POLICY, type: "sac", discount: 0.97, num_critics: 2, online_env_seed: 1 },
    eval_freq: 500,
  };
  expect(() => parse(old)).toThrow(ConfigError);
  expect(parse(migrateTrainingConfig(old).config)).toMatchObject({
    policy: { type: "gaussian_actor" },
    algorithm: { type: "sac", discount: 0.97 },
    env_eval_freq: 500,
  });
});

/** The keys that published configs of the old kind for an SO-101 arm have. */
const OLD_SO101 = {
  job_name: "default",
  num_workers: 4,
  batch_size: 256,
  steps: 100_000,
  log_freq: 1,
  save_freq: 1000,
  wandb: { enable: true, project: "so101_real", disable_artifact: true },
  dataset: { repo_id: "user/pick_lift_cube", root: null },
  policy: {
    ...POLICY,
    type: "sac",
    n_obs_steps: 1,
    device: "cuda",
    use_amp: false,
    num_discrete_actions: 3,
    storage_device: "cuda",
    vision_encoder_name: "helper2424/resnet10",
    freeze_vision_encoder: true,
    online_buffer_capacity: 30_000,
    online_step_before_learning: 10,
    policy_update_freq: 1,
    discount: 0.97,
    async_prefetch: false,
    temperature_init: 0.01,
    num_critics: 2,
    num_subsample_critics: null,
    critic_lr: 3e-4,
    utd_ratio: 2,
    state_encoder_hidden_dim: 256,
    critic_network_kwargs: { hidden_dims: [256, 256], activate_final: true, final_activation: null },
    policy_kwargs: { use_tanh_squash: true, std_min: -5, std_max: 2, init_final: 0.05 },
    actor_learner_config: { learner_host: "127.0.0.1", learner_port: 50051, policy_parameters_push_frequency: 4 },
    concurrency: { actor: "threads", learner: "threads" },
  },
  env: {
    type: "gym_manipulator",
    name: "real_robot",
    fps: 10,
    task: "",
    robot: { type: "so101_follower", port: "/dev/ttyACM0", cameras: { top: { type: "opencv", index_or_path: 5 } } },
    teleop: { type: "keyboard_ee" },
    features: POLICY.input_features,
    features_map: { "observation.state": "observation.state" },
    processor: {
      control_mode: "keyboard_ee",
      observation: { add_joint_velocity_to_observation: true, add_current_to_observation: true },
      image_preprocessing: {
        crop_params_dict: { "observation.images.top": [49, 189, 262, 305] },
        resize_size: [128, 128],
      },
      gripper: { use_gripper: true, gripper_penalty: -0.02 },
      reset: { fixed_reset_joint_positions: [0, 0, 0, 0, 0, 0], reset_time_s: 2.5, control_time_s: 20 },
      inverse_kinematics: {
        urdf_path: "so101.urdf",
        target_frame_name: "gripper_frame_link",
        end_effector_bounds: { min: [0.16, -0.08, 0.03], max: [0.24, 0.2, 0.1] },
        end_effector_step_sizes: { x: 0.02, y: 0.02, z: 0.02 },
      },
      reward_classifier: { pretrained_path: null },
      max_gripper_pos: 30,
    },
  },
};

test("an old config for a real SO-101 arm runs after migration, its values in their new places", () => {
  const { config, notes } = migrateTrainingConfig(OLD_SO101);
  expect(parse(config)).toMatchObject({
    policy: { type: "gaussian_actor", num_discrete_actions: 3, policy_kwargs: { std_min: 1e-5, std_max: 2 } },
    algorithm: { type: "sac", discount: 0.97, utd_ratio: 2, temperature_init: 0.01 },
    env: OLD_SO101.env,
  });
  expect(notes).toContain("policy.policy_kwargs.std_min: -5 is dropped: a variance is never below 0");
});

test("keys that a file sets to no effect can be listed, without those at their default", () => {
  const { config } = migrateTrainingConfig(OLD_SO101);
  expect([...unusedKeys(TrainRLServerPipelineConfigSchema, config)].sort()).toEqual([
    "env.features",
    "env.processor.control_mode",
    "env.processor.inverse_kinematics.end_effector_bounds",
    "env.processor.inverse_kinematics.target_frame_name",
    "env.processor.inverse_kinematics.urdf_path",
    "env.processor.observation",
    "env.robot",
    "policy.device",
    "policy.storage_device",
    "wandb.disable_artifact",
    "wandb.enable",
    "wandb.project",
  ]);
});

test("of a part without an effect, only what differs from its default is listed", () => {
  const observation = { add_joint_velocity_to_observation: true, display_cameras: false };
  const env = { type: "gym_manipulator", processor: { observation, reward_classifier: { success_reward: 1 } } };
  expect(unusedKeys(TrainRLServerPipelineConfigSchema, { env, policy: POLICY })).toEqual([
    "env.processor.observation.add_joint_velocity_to_observation",
  ]);
});

test.each([
  ["output_dir", { output_dir: "" }],
  ["output_dir", { output_dir: "  " }],
  ["output_dir", { output_dir: "a\u001b[2Jb" }],
  ["job_name", { job_name: "" }],
  ["dataset.root", { dataset: { repo_id: "a/b", root: "" } }],
  ["dataset.repo_id", { dataset: { repo_id: "\n" } }],
  ["policy.pretrained_path", { policy: { ...POLICY, pretrained_path: "" } }],
  ["policy.actor_learner_config.learner_host", { policy: { ...POLICY, actor_learner_config: { learner_host: "" } } }],
  ["handrail.plugins[0]", { handrail: { plugins: [""] } }],
])("%s names a place, so it is neither blank nor has control characters in it", (path, part) => {
  const parse = () => parseConfig(TrainRLServerPipelineConfigSchema, { policy: POLICY, ...part });
  expect(parse).toThrow(`${path}: must not`);
});

test.each([
  ["output_dir: ~/ stands for a home folder in a shell only", { output_dir: "~/runs" }],
  ["output_dir: ~ stands for", { output_dir: "~" }],
  ["dataset.root: ~anna\\ stands for", { dataset: { repo_id: "a/b", root: "~anna\\data" } }],
  ["output_dir: s3:// begins an address", { output_dir: "s3://bucket/run" }],
])("a folder is on this machine, and named in full: %s", (message, part) => {
  expect(() => parseConfig(TrainRLServerPipelineConfigSchema, { policy: POLICY, ...part })).toThrow(message);
});

test("a key that stands elsewhere is answered with its place, not with one that is spelt like it", () => {
  const policy = { ...POLICY, critic_network_kwargs: {} };
  expect(() => parseConfig(TrainRLServerPipelineConfigSchema, { policy })).toThrow(
    'policy.critic_network_kwargs: unknown key. Did you mean "algorithm.critic_network_kwargs"?',
  );
});
