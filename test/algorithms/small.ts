/** Small policies and algorithms for tests: everything as in training, but with networks of a few units. */
import { makeAlgorithmConfig } from "../../src/algorithms/registry.ts";
import { SACAlgorithm, type SACOptions } from "../../src/algorithms/sac/algorithm.ts";
import type { SACAlgorithmConfig } from "../../src/algorithms/sac/config.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema } from "../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import { Random } from "../../src/tensor/index.ts";

export const CAMERA = "observation.images.front";
export const STATE = "observation.state";
const layers = { hidden_dims: [8, 8] };

/** A state of 3 numbers, 2 continuous actions, networks of 8 units; `values` override. */
export function smallPolicyConfig(values: Readonly<Record<string, unknown>> = {}): GaussianActorConfig {
  return parseConfig(GaussianActorConfigSchema, {
    type: "gaussian_actor",
    input_features: { [STATE]: { type: "STATE", shape: [3] } },
    output_features: { action: { type: "ACTION", shape: [2] } },
    latent_dim: 8,
    actor_network_kwargs: layers,
    discrete_critic_network_kwargs: layers,
    image_encoder_hidden_dim: 4,
    image_embedding_pooling_dim: 2,
    ...values,
  });
}

/** A camera of 48 × 48 pixels beside the state. */
export const WITH_CAMERA = {
  input_features: { [CAMERA]: { type: "VISUAL", shape: [3, 48, 48] }, [STATE]: { type: "STATE", shape: [3] } },
};

/** SAC, or a preset of it, with critics of 8 units; `values` override. */
export function smallSacConfig(values: Readonly<Record<string, unknown>> = {}): SACAlgorithmConfig {
  return makeAlgorithmConfig({ type: "sac", critic_network_kwargs: layers, ...values }) as SACAlgorithmConfig;
}

export function smallPolicy(values: Readonly<Record<string, unknown>> = {}, seed = 1): GaussianActorPolicy {
  return new GaussianActorPolicy(smallPolicyConfig(values), { random: new Random(seed), warn: () => {}, threads: 1 });
}

export function smallSac(
  {
    policy = {},
    sac = {},
  }: { policy?: Readonly<Record<string, unknown>>; sac?: Readonly<Record<string, unknown>> } = {},
  options: SACOptions = {},
): SACAlgorithm {
  return new SACAlgorithm(smallSacConfig(sac), smallPolicy(policy), { threads: 1, ...options });
}
