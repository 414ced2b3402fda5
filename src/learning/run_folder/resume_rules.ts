/**
 * Which values of its config a resumed run must keep. A checkpoint brings back networks, optimisers, generators and buffers as they
 * were, so a value that made them, or that decides what their numbers mean, must be the same as when it was saved.
 */

/**
 * - `same`: another value would be ignored, or mix two kinds of experience. It is refused.
 * - `reported`: another value takes effect from here on. A notice says so.
 * - `free`: it does not touch what is learned.
 */
export type ResumeRule = "same" | "reported" | "free";

/** By path; a path stands for everything below it that is not listed itself. */
export const RESUME_RULES: Readonly<Record<string, ResumeRule>> = {
  "env.type": "same",
  "env.name": "same",
  "env.task": "same",
  "env.fps": "same",
  "env.features_map": "same",
  "env.teleop": "free",
  "env.processor.image_preprocessing": "same",
  "env.processor.gripper": "same",
  "env.processor.reward_classifier": "same",
  "env.processor.reset.fixed_reset_joint_positions": "same",
  "env.processor.reset.reset_time_s": "free",
  "env.processor.reset.control_time_s": "same",
  "env.processor.reset.terminate_on_success": "same",
  "env.processor.inverse_kinematics": "same",
  "env.processor.max_gripper_pos": "same",

  "policy.type": "same",
  "policy.input_features": "same",
  "policy.output_features": "same",
  "policy.normalization_mapping": "same",
  "policy.dataset_stats": "same",
  "policy.num_discrete_actions": "same",
  "policy.vision_encoder_name": "same",
  "policy.freeze_vision_encoder": "same",
  "policy.shared_encoder": "same",
  "policy.image_encoder_hidden_dim": "same",
  "policy.image_embedding_pooling_dim": "same",
  "policy.latent_dim": "same",
  "policy.actor_network_kwargs": "same",
  "policy.discrete_critic_network_kwargs": "same",
  "policy.policy_kwargs": "same",
  "policy.n_obs_steps": "same",
  // Buffers come back with the capacity that they were made with.
  "policy.online_buffer_capacity": "same",
  "policy.offline_buffer_capacity": "same",
  "policy.online_steps": "free",
  "policy.online_step_before_learning": "reported",
  "policy.actor_learner_config": "free",
  "policy.push_to_hub": "free",
  "policy.repo_id": "free",
  "policy.private": "free",
  "policy.tags": "free",
  "policy.license": "free",
  // Read only when a run begins.
  "policy.pretrained_path": "free",

  algorithm: "same",

  "dataset.repo_id": "same",
  "dataset.root": "same",
  "dataset.episodes": "same",
  "dataset.exclude_episodes": "same",
  "dataset.revision": "same",
  rename_map: "same",

  mixer: "same",
  online_ratio: "reported",
  batch_size: "reported",
  output_dir: "free",
  job_name: "free",
  resume: "free",
  // The generators continue from their saved state.
  seed: "same",
  steps: "free",
  log_freq: "free",
  save_checkpoint: "free",
  save_freq: "free",
  env_eval_freq: "free",
  "eval.n_episodes": "free",

  "handrail.plugins": "free",
  "handrail.pacing": "reported",
  "handrail.updates_per_step": "reported",
  "handrail.deterministic_episodes": "reported",
  "handrail.weight_average": "reported",
  // Buffers come back as they were made.
  "handrail.image_features": "same",
  "handrail.image_features.encode_again": "free",
  "handrail.action_processor_steps": "same",
  "handrail.env_processor_steps": "same",
  "handrail.reward_model": "same",
  "handrail.demonstrations.episodes": "same",
  "handrail.backend": "free",
  "handrail.device": "free",
  "handrail.learner_threads": "free",
  "handrail.keep_checkpoints": "free",
  "handrail.transport": "free",
  "handrail.watchdog": "free",
  "handrail.on_sensor_fault": "free",
  "handrail.operator": "reported",
  "handrail.solved": "free",
  "handrail.environment": "same",
};

const STRICTEST_FIRST = ["same", "reported", "free"] as const;

/**
 * The rule of a value: its own or, for a part that only one config has, the strictest within, or that of the part it belongs
 * to. What the table does not know, such as a plug-in's key, must be the same.
 */
export function resumeRuleOf(path: readonly string[]): ResumeRule {
  const within = Object.entries(RESUME_RULES).flatMap(([each, rule]) =>
    each.startsWith(`${path.join(".")}.`) ? [rule] : [],
  );
  const owns = path.map((_, index) => ruleAt(path.slice(0, path.length - index)));
  return owns[0] ?? STRICTEST_FIRST.find((rule) => within.includes(rule)) ?? owns.find(Boolean) ?? "same";
}

/** The rule that the table has for this very path. */
export function ruleAt(path: readonly string[]): ResumeRule | undefined {
  const name = path.join(".");
  return Object.hasOwn(RESUME_RULES, name) ? RESUME_RULES[name] : undefined;
}
