import { expect, test } from "vitest";
import { parseConfig } from "../../config/parse.ts";
import { policyConfigs } from "../registry.ts";
import { type GaussianActorConfigInput, GaussianActorConfigSchema, gaussianActorWarnings } from "./config.ts";

const MINIMAL: GaussianActorConfigInput = {
  type: "gaussian_actor",
  input_features: { "observation.state": { type: "STATE", shape: [18] } },
  output_features: { action: { type: "ACTION", shape: [3] } },
};
const CAMERA = { "observation.images.front": { type: "VISUAL", shape: [3, 128, 128] } } as const;

function parse(values: object) {
  return parseConfig(GaussianActorConfigSchema, { ...MINIMAL, ...values });
}

test("everything but the features has LeRobot's default", () => {
  expect(parse({})).toMatchObject({
    normalization_mapping: { VISUAL: "MEAN_STD", STATE: "MIN_MAX", ENV: "MIN_MAX", ACTION: "MIN_MAX" },
    shared_encoder: true,
    num_discrete_actions: null,
    image_encoder_hidden_dim: 32,
    image_embedding_pooling_dim: 8,
    latent_dim: 256,
    online_steps: 1_000_000,
    online_buffer_capacity: 100_000,
    offline_buffer_capacity: 100_000,
    online_step_before_learning: 100,
    actor_learner_config: {
      learner_host: "127.0.0.1",
      learner_port: 50051,
      policy_parameters_push_frequency: 4,
      queue_get_timeout: 2,
    },
    actor_network_kwargs: { hidden_dims: [256, 256], activate_final: true },
    policy_kwargs: { use_tanh_squash: true, std_min: 1e-5, std_max: 10, init_final: 0.05 },
    discrete_critic_network_kwargs: { hidden_dims: [256, 256], activate_final: true, final_activation: null },
  });
});

test("nothing is uploaded unless the config asks for it", () => {
  expect(parse({}).push_to_hub).toBe(false);
  expect(parse({ push_to_hub: true, repo_id: "me/policy" })).toMatchObject({ push_to_hub: true, repo_id: "me/policy" });
});

test("a config file written by LeRobot parses and keeps its values", () => {
  const saved = {
    ...MINIMAL,
    input_features: { ...CAMERA, ...MINIMAL.input_features },
    n_obs_steps: 1,
    device: "cuda",
    storage_device: "cpu",
    vision_encoder_name: null,
    freeze_vision_encoder: true,
    concurrency: { actor: "threads", learner: "threads", multiprocessing_context: "spawn" },
    async_prefetch: false,
    use_amp: false,
    push_to_hub: false,
    license: null,
    pretrained_path: null,
    dataset_stats: {
      "observation.images.front": { mean: [[[0.485]], [[0.456]], [[0.406]]], std: [0.229, 0.224, 0.225] },
      action: { min: [-1, -1, -1], max: [1, 1, 1] },
    },
  };
  expect(parseConfig(GaussianActorConfigSchema, saved)).toMatchObject(saved);
});

test("a parsed config parses again to itself", () => {
  const config = parse({ num_discrete_actions: 3 });
  expect(parseConfig(GaussianActorConfigSchema, JSON.parse(JSON.stringify(config)))).toEqual(config);
});

test("an image encoder is frozen by default only when it is pretrained", () => {
  expect(parse({}).freeze_vision_encoder).toBe(false);
  expect(parse({ vision_encoder_name: "helper2424/resnet10" }).freeze_vision_encoder).toBe(true);
});

test("only freezing random weights gives a warning", () => {
  const input_features = { ...CAMERA, ...MINIMAL.input_features };
  expect(gaussianActorWarnings(parse({ input_features, freeze_vision_encoder: true }))).toEqual([
    expect.stringContaining("random weights that never learn"),
  ]);
  expect(gaussianActorWarnings(parse({ input_features }))).toEqual([]);
  expect(gaussianActorWarnings(parse({ freeze_vision_encoder: true }))).toEqual([]);
  const pretrained = { input_features, vision_encoder_name: "helper2424/resnet10" };
  expect(gaussianActorWarnings(parse(pretrained))).toEqual([]);
});

test.each([
  [{ input_features: {} }, "input_features: needs at least one feature"],
  [
    { input_features: { "observation.images.front": { type: "VISUAL", shape: [128, 128] } } },
    'input_features["observation.images.front"]: an image has the shape [channels, height, width]',
  ],
  [{ input_features: { action: { type: "ACTION", shape: [3] } } }, "ACTION features are not observations"],
  [
    {
      input_features: {
        "observation.state": { type: "STATE", shape: [6] },
        "observation.velocity": { type: "STATE", shape: [4] },
      },
    },
    'input_features["observation.velocity"]: the only STATE encoder is used for observation.state: join the two in one feature',
  ],
  [{ output_features: {} }, 'output_features: needs {"action"'],
  [{ policy_kwargs: { std_min: 2, std_max: 1 } }, "policy_kwargs.std_min: must not be above std_max (1)"],
  [{ num_discrete_actions: 1 }, "num_discrete_actions: must be at least 2, got 1"],
  [
    { input_features: { "observation.state": { type: "STAT", shape: [18] } } },
    'input_features["observation.state"].type: must be one of "VISUAL", "STATE", "ENV", "ACTION", "REWARD", "LANGUAGE", got "STAT". Did you mean "STATE"?',
  ],
  [{ latent_dmi: 64 }, 'latent_dmi: unknown key. Did you mean "latent_dim"?'],
])("%j is refused", (values, message) => {
  expect(() => parse(values)).toThrow(message);
});

test('a policy of type "sac" is answered with what LeRobot changed and what to write', () => {
  const input = { ...MINIMAL, type: "sac", discount: 0.97 };
  expect(() => parseConfig(policyConfigs.schema, input)).toThrow(
    /^type: LeRobot split its "sac" policy .*"policy": {"type": "gaussian_actor".*"algorithm": {"type": "sac".*--migrate/,
  );
});
