import { expect, test } from "vitest";
import { migrateTrainingConfig, splitSacPolicy } from "./migrate.ts";

const OLD = {
  seed: 1000,
  eval_freq: 5000,
  policy: {
    type: "sac",
    latent_dim: 64,
    discount: 0.97,
    utd_ratio: 2,
    temperature_init: 0.01,
    online_env_seed: 10000,
    discrete_critic_network_kwargs: { hidden_dims: [64, 64] },
    critic_network_kwargs: { hidden_dims: [256, 256] },
  },
};

test("the old policy is split in two and every move is noted", () => {
  expect(migrateTrainingConfig(OLD)).toEqual({
    config: {
      seed: 1000,
      env_eval_freq: 5000,
      policy: { type: "gaussian_actor", latent_dim: 64, discrete_critic_network_kwargs: { hidden_dims: [64, 64] } },
      algorithm: {
        type: "sac",
        discount: 0.97,
        utd_ratio: 2,
        temperature_init: 0.01,
        critic_network_kwargs: { hidden_dims: [256, 256] },
      },
    },
    notes: [
      "eval_freq is now env_eval_freq",
      'policy.type: "sac" is now "gaussian_actor"',
      "policy.discount is now algorithm.discount",
      "policy.utd_ratio is now algorithm.utd_ratio",
      "policy.temperature_init is now algorithm.temperature_init",
      "policy.online_env_seed is dropped: the training config's seed is used",
      "policy.critic_network_kwargs is now algorithm.critic_network_kwargs",
    ],
  });
});

test("the input is not modified, and a current config is returned unchanged", () => {
  const copy = structuredClone(OLD);
  const { config } = migrateTrainingConfig(OLD);
  expect(OLD).toEqual(copy);
  expect(migrateTrainingConfig(config)).toEqual({ config, notes: [] });
  expect(migrateTrainingConfig(null)).toEqual({ config: null, notes: [] });
});

test("a value that the algorithm already has wins, and a note says that the other is dropped", () => {
  const { config, notes } = migrateTrainingConfig({ ...OLD, algorithm: { type: "sac", discount: 0.9 } });
  expect(config).toMatchObject({ algorithm: { discount: 0.9, utd_ratio: 2 } });
  expect(notes).toContain("algorithm.discount was already set and keeps its value; policy.discount is dropped");
});

test("unknown keys stay in the policy, where the schema reports them", () => {
  expect(splitSacPolicy({ type: "sac", strange: 1 }).policy).toEqual({ type: "gaussian_actor", strange: 1 });
});
