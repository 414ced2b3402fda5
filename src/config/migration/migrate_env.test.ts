import { expect, test } from "vitest";
import { migrateEnv } from "./migrate_env.ts";

const OLD = {
  type: "hil",
  name: "franka_sim",
  task: "PandaPickCubeGamepad-v0",
  fps: 10,
  mode: null,
  num_episodes: 10,
  device: "cuda",
  reward_classifier_pretrained_path: null,
  wrapper: {
    gripper_penalty: -0.02,
    use_gripper: true,
    display_cameras: false,
    add_ee_pose_to_observation: true,
    crop_params_dict: { front: [0, 0, 128, 128] },
    resize_size: [128, 128],
    control_time_s: 15,
    reset_time_s: 2,
    control_mode: "gamepad",
    ee_action_space_params: { x_step_size: 0.02, y_step_size: 0.02, z_step_size: 0.03, bounds: { min: [0, 0, 0] } },
    joint_masking_action_space: [1, 1, 0],
  },
};

test("every key of the old wrapper is moved, and every change is noted", () => {
  const notes: string[] = [];
  expect(migrateEnv(OLD, notes)).toEqual({
    type: "gym_manipulator",
    name: "gym_hil",
    task: "PandaPickCubeGamepad-v0",
    fps: 10,
    processor: {
      control_mode: "gamepad",
      gripper: { gripper_penalty: -0.02, use_gripper: true },
      observation: { display_cameras: false, add_ee_pose_to_observation: true },
      image_preprocessing: { crop_params_dict: { front: [0, 0, 128, 128] }, resize_size: [128, 128] },
      reset: { control_time_s: 15, reset_time_s: 2 },
      inverse_kinematics: {
        end_effector_step_sizes: { x: 0.02, y: 0.02, z: 0.03 },
        end_effector_bounds: { min: [0, 0, 0] },
      },
      reward_classifier: { pretrained_path: null },
    },
    // An unknown key stays where the schema reports it.
    wrapper: { joint_masking_action_space: [1, 1, 0] },
  });
  expect(notes).toContain("env.wrapper.gripper_penalty is now env.processor.gripper.gripper_penalty");
  expect(notes).toContain("env.num_episodes (10) is dropped: `handrail record --episodes` says how many");
  const named = (key: string) => notes.some((note) => note.startsWith(`env.${key}`));
  const { wrapper, task: _task, fps: _fps, ...rest } = OLD;
  const moved = Object.keys(wrapper).filter((key) => !/^(ee_|joint_)/.test(key));
  expect([...Object.keys(rest), ...moved.map((key) => `wrapper.${key}`)].filter((key) => !named(key))).toEqual([]);
});

test("a current config is returned unchanged, and values already in the new place win", () => {
  const notes: string[] = [];
  const env = { type: "gym_manipulator", processor: { control_mode: "leader" } };
  expect(migrateEnv(env, notes)).toBe(env);
  expect(notes).toEqual([]);
  const both = { ...env, wrapper: { control_mode: "gamepad" } };
  expect(migrateEnv(both, notes)).toEqual(env);
});

test("unknown keys of the wrapper are named, and an empty wrapper is dropped", () => {
  const notes: string[] = [];
  const wrapper = { control_mode: "gamepad", strange: 1 };
  expect(migrateEnv({ type: "hil", wrapper }, notes)).toMatchObject({ wrapper: { strange: 1 } });
  expect(notes).toContain("env.wrapper.strange is not a known key: delete it");
  expect(migrateEnv({ type: "hil", wrapper: null }, notes)).not.toHaveProperty("wrapper");
});
