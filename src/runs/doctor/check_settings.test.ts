import { expect, test } from "vitest";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { checkSettings, requireSoundSettings } from "./check_settings.ts";

const load = (...overrides: string[]) => loadTrainingConfig("pick_cube", { overrides });

test("the presets have nothing that training would warn of", async () => {
  for (const name of ["pick_cube", "pick_cube_pixels"]) {
    expect(checkSettings(await loadTrainingConfig(name))).toEqual({ errors: [], warnings: [] });
  }
});

test.each([
  ["policy.online_step_before_learning is 10000", "--policy.online_step_before_learning=10000"],
  ["policy.online_steps 50", "--policy.online_steps=50"],
  ["every batch takes 64 of its transitions", "--policy.online_buffer_capacity=63"],
  ["Lower batch_size", "--batch_size=1000000"],
  ["policy.offline_buffer_capacity is 63", "--policy.offline_buffer_capacity=63"],
  ["every batch takes 2 of its", "--policy.offline_buffer_capacity=1", "--online_ratio=0.99", "--batch_size=200"],
  ["In lockstep", "--handrail.pacing=lockstep", "--handrail.updates_per_step.min=0"],
  ["algorithm.policy_update_freq", "--algorithm.policy_update_freq=1000000"],
  ["ends after its first step", "--env.processor.reset.control_time_s=0.1"],
  ["dataset.episodes is empty", "--dataset.repo_id=a/b", "--dataset.episodes=[]"],
  ["names all of", "--dataset.repo_id=a/b", "--dataset.episodes=[1, 2]", "--dataset.exclude_episodes=[2, 1]"],
])("nothing can be learned, and training refuses: %s", async (message, ...overrides) => {
  const config = await load(...overrides);
  const found = checkSettings(config).errors;
  expect(found.join()).toContain(message);
  expect(() => requireSoundSettings(config)).toThrow(found[0]);
});

test.each([
  ['handrail.pacing is "as_fast_as_possible"', "--handrail.updates_per_step.min=null"],
  ["save_freq is 20000", "--save_freq=20000"],
  ["log_freq is 20000", "--log_freq=20000"],
  ["handrail.weight_average is 0.99999", "--handrail.weight_average=0.99999"],
  ["policy_parameters_push_frequency is 400", "--policy.actor_learner_config.policy_parameters_push_frequency=400"],
  ["algorithm.critic_lr is 1e-9", "--algorithm.critic_lr=1e-9"],
  ["algorithm.actor_lr is 3", "--algorithm.actor_lr=3"],
  ["critic_target_update_weight is 1e-8", "--algorithm.critic_target_update_weight=1e-8"],
  ["handrail.operator.intervention_rate is 0", "--handrail.operator.intervention_rate=0"],
  ["handrail.operator.patience_steps is 100", "--handrail.operator.patience_steps=100"],
  ["algorithm.discount is 0", "--algorithm.discount=0"],
  ["save_checkpoint is false", "--save_checkpoint=false"],
  [
    "Write 11 or less",
    "--log_freq=20",
    "--policy.online_steps=110",
    "--handrail.updates_per_step={min: null, max: 0.1}",
  ],
  ["algorithm.grad_clip_norm is 1e-12", "--algorithm.grad_clip_norm=1e-12"],
  ["algorithm.target_entropy is 3, and actions between −1 and 1 have 2.08 nats", "--algorithm.target_entropy=3"],
  ["is worth nothing at the start", "--algorithm.discount=0"],
])("training warns of what may well be a mistake: %s", async (message, ...overrides) => {
  const config = await load(...overrides);
  expect(requireSoundSettings(config).warnings.join("\n")).toContain(message);
});

test("learning rates and update ratios of 0 are refused by the schema", async () => {
  for (const key of ["algorithm.critic_lr", "algorithm.utd_ratio", "handrail.updates_per_step.max", "env.fps"]) {
    await expect(load(`--${key}=0`)).rejects.toThrow(`${key}: must be`);
  }
});
