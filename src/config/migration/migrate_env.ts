/** Migrates the `env` of configs up to LeRobot 0.3: `wrapper` became `processor`, and recording became commands. */
import { isPlainObject } from "../path.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Where each key of `env.wrapper` is now, below `env.processor`. */
const WRAPPER_KEYS: Readonly<Record<string, readonly string[]>> = {
  control_mode: ["control_mode"],
  display_cameras: ["observation", "display_cameras"],
  add_joint_velocity_to_observation: ["observation", "add_joint_velocity_to_observation"],
  add_current_to_observation: ["observation", "add_current_to_observation"],
  add_ee_pose_to_observation: ["observation", "add_ee_pose_to_observation"],
  crop_params_dict: ["image_preprocessing", "crop_params_dict"],
  resize_size: ["image_preprocessing", "resize_size"],
  use_gripper: ["gripper", "use_gripper"],
  gripper_penalty: ["gripper", "gripper_penalty"],
  fixed_reset_joint_positions: ["reset", "fixed_reset_joint_positions"],
  reset_time_s: ["reset", "reset_time_s"],
  control_time_s: ["reset", "control_time_s"],
  terminate_on_success: ["reset", "terminate_on_success"],
};

/** The same for `env.wrapper.ee_action_space_params`. */
const END_EFFECTOR_KEYS: Readonly<Record<string, readonly string[]>> = {
  bounds: ["inverse_kinematics", "end_effector_bounds"],
  x_step_size: ["inverse_kinematics", "end_effector_step_sizes", "x"],
  y_step_size: ["inverse_kinematics", "end_effector_step_sizes", "y"],
  z_step_size: ["inverse_kinematics", "end_effector_step_sizes", "z"],
  control_mode: ["control_mode"],
};

/** Keys of `env` that are no longer part of a training config, and what replaces each. */
const REMOVED_KEYS: Readonly<Record<string, string>> = {
  mode: "`handrail record`, `replay` and `train` are commands",
  repo_id: "demonstrations are named in dataset.repo_id",
  dataset_root: "demonstrations are found by dataset.root",
  num_episodes: "`handrail record --episodes` says how many",
  episode: "`handrail replay --episode` says which",
  push_to_hub: "`handrail dataset push` uploads a dataset",
  pretrained_policy_name_or_path: "`handrail eval --policy` names a policy",
  device: "handrail.device says where the networks are computed",
  number_of_steps_after_success: "an episode ends with its success",
};

/** Returns the input if nothing is old. @param notes receives one sentence per change. */
export function migrateEnv(env: Fields, notes: string[]): Fields {
  const migrated: Record<string, unknown> = {};
  let processor = isPlainObject(env.processor) ? env.processor : {};
  const move = (from: string, to: readonly string[], value: unknown) => {
    notes.push(`env.${from} is now env.processor.${to.join(".")}`);
    processor = withValue(processor, to, value);
  };
  for (const [key, value] of Object.entries(env)) {
    if (key === "type" && value === "hil") {
      migrated.type = "gym_manipulator";
      notes.push('env.type: "hil" is now "gym_manipulator"');
    } else if (key === "name" && value === "franka_sim") {
      migrated.name = "gym_hil";
      notes.push('env.name: "franka_sim" is now "gym_hil"');
    } else if (key === "wrapper" && value === null) {
      notes.push("env.wrapper (null) is dropped");
    } else if (key === "wrapper" && isPlainObject(value)) {
      const rest = moveKnown(value, "wrapper", WRAPPER_KEYS, move);
      const { ee_action_space_params: hand, ...others } = rest;
      const left = isPlainObject(hand)
        ? moveKnown(hand, "wrapper.ee_action_space_params", END_EFFECTOR_KEYS, move)
        : {};
      const unknown = { ...others, ...(Object.keys(left).length > 0 && { ee_action_space_params: left }) };
      // Unknown keys stay for the schema to report.
      for (const name of Object.keys(unknown)) notes.push(`env.wrapper.${name} is not a known key: delete it`);
      if (Object.keys(unknown).length > 0) migrated.wrapper = unknown;
    } else if (key === "reward_classifier_pretrained_path") {
      move(key, ["reward_classifier", "pretrained_path"], value);
    } else if (key in REMOVED_KEYS) {
      const was = value === null ? "" : ` (${JSON.stringify(value)})`;
      notes.push(`env.${key}${was} is dropped: ${REMOVED_KEYS[key]}`);
    } else if (key !== "processor") migrated[key] = value;
  }
  if (notes.length === 0) return env;
  return Object.keys(processor).length === 0 ? migrated : { ...migrated, processor };
}

/** The rest of `fields`. A null stood for the default, as does an absent key. */
function moveKnown(
  fields: Fields,
  from: string,
  places: Readonly<Record<string, readonly string[]>>,
  move: (from: string, to: readonly string[], value: unknown) => void,
): Fields {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    const place = Object.hasOwn(places, key) ? places[key] : undefined;
    if (place === undefined) rest[key] = value;
    else move(`${from}.${key}`, place, value);
  }
  return rest;
}

/** Keeps a value that is already in the new place. */
function withValue(fields: Fields, [key, ...path]: readonly string[], value: unknown): Fields {
  const present = fields[key!];
  if (path.length === 0) return present === undefined ? { ...fields, [key!]: value } : fields;
  return { ...fields, [key!]: withValue(isPlainObject(present) ? present : {}, path, value) };
}
