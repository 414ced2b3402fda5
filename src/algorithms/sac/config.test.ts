import { expect, test } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import { algorithmConfigs } from "../config.ts";
import { type SACAlgorithmConfig, SACAlgorithmConfigSchema } from "./config.ts";

function parse(values: object): SACAlgorithmConfig {
  return parseConfig(algorithmConfigs.schema, values) as SACAlgorithmConfig;
}

test('"sac" alone has LeRobot\'s defaults', () => {
  expect(parse({ type: "sac" })).toEqual({
    type: "sac",
    actor_lr: 3e-4,
    critic_lr: 3e-4,
    temperature_lr: 3e-4,
    discount: 0.99,
    use_backup_entropy: true,
    critic_target_update_weight: 0.005,
    num_critics: 2,
    num_subsample_critics: null,
    critic_network_kwargs: { hidden_dims: [256, 256], activate_final: true, final_activation: null },
    discrete_critic_network_kwargs: { hidden_dims: [256, 256], activate_final: true, final_activation: null },
    temperature_init: 1,
    target_entropy: null,
    utd_ratio: 1,
    policy_update_freq: 1,
    grad_clip_norm: 40,
    use_torch_compile: false,
    policy_config: null,
  });
});

test('"rlpd" is SAC with ten critics, random pairs and twenty updates; its values can be overridden', () => {
  expect(parse({ type: "rlpd", utd_ratio: 4 })).toMatchObject({
    type: "sac",
    num_critics: 10,
    num_subsample_critics: 2,
    utd_ratio: 4,
    use_backup_entropy: true,
  });
});

test.each([
  [{ num_subsample_critics: 3 }, "num_subsample_critics: cannot draw 3 of 2 critics"],
  [{ discount: 1.5 }, "discount: must be at most 1, got 1.5"],
  [{ utd_ratio: 0.5 }, "utd_ratio: must be an integer, got 0.5"],
  [{ temperature_init: 0 }, "temperature_init: must be more than 0, got 0"],
  [{ temprature_init: 1 }, 'temprature_init: unknown key. Did you mean "temperature_init"?'],
  [
    { critic_network_kwargs: { hidden_dim: [64] } },
    'critic_network_kwargs.hidden_dim: unknown key. Did you mean "hidden_dims"?',
  ],
])("%j is refused", (values, message) => {
  expect(() => parse({ type: "sac", ...values })).toThrow(message);
});

test("every field has a description", () => {
  for (const [name, field] of Object.entries(SACAlgorithmConfigSchema.shape)) {
    if (name !== "type") expect(field.description, name).toMatch(/\.$/);
  }
});
