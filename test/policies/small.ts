/** Configs of policies that are not the Gaussian actor, with networks of a few units, for the pendulum. */
import "../../examples/deterministic_actor.ts";
import type { DeterministicActorConfig } from "../../examples/deterministic_actor.ts";
import { parseConfig } from "../../src/config/parse.ts";
import { policyConfigs } from "../../src/policies/registry.ts";

export const PENDULUM_FEATURES = {
  input_features: { "observation.state": { type: "STATE", shape: [3] } },
  output_features: { action: { type: "ACTION", shape: [1] } },
  dataset_stats: { "observation.state": { min: [-1, -1, -8], max: [1, 1, 8] }, action: { min: [-2], max: [2] } },
};

export function deterministicActorConfig(values: Readonly<Record<string, unknown>> = {}): DeterministicActorConfig {
  return parseConfig(policyConfigs.schema, {
    type: "deterministic_actor",
    ...PENDULUM_FEATURES,
    hidden_dims: [8],
    ...values,
  }) as DeterministicActorConfig;
}
