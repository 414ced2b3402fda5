import { expect, it } from "vitest";
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import type { PolicyConfig } from "../policies/policy.ts";
import { policyConfigs } from "../policies/registry.ts";
import { runSettingsOf } from "./run_settings.ts";

const FEATURES = {
  input_features: { "observation.state": { type: "STATE", shape: [3] } },
  output_features: { action: { type: "ACTION", shape: [1] } },
};
const settingsOf = (policy: object) => runSettingsOf({ policy: parseConfig(policyConfigs.schema, policy) });

it("reads a run's settings from LeRobot's keys in the policy's config", () => {
  const settings = settingsOf({
    type: "gaussian_actor",
    ...FEATURES,
    online_steps: 2000,
    online_step_before_learning: 50,
    pretrained_path: "outputs/first",
    online_buffer_capacity: 3000,
    offline_buffer_capacity: 4000,
    actor_learner_config: { learner_host: "10.0.0.1", learner_port: 7, policy_parameters_push_frequency: 2 },
    push_to_hub: true,
    repo_id: "me/policy",
    private: true,
    tags: ["arm"],
    license: "mit",
  });
  expect(settings).toEqual({
    onlineSteps: 2000,
    warmUpSteps: 50,
    pretrainedPath: "outputs/first",
    bufferCapacity: { online: 3000, offline: 4000 },
    learnerAddress: { host: "10.0.0.1", port: 7 },
    weightsPushIntervalS: 2,
    hub: { push: true, repoId: "me/policy", private: true, tags: ["arm"], license: "mit" },
  });
});

it("takes the defaults for a policy whose schema has none of these keys", () => {
  const bare: PolicyConfig = {
    type: "bare",
    input_features: { "observation.state": { type: "STATE", shape: [3] } },
    output_features: { action: { type: "ACTION", shape: [1] } },
  };
  expect(runSettingsOf({ policy: bare })).toEqual(settingsOf({ type: "gaussian_actor", ...FEATURES }));
});

it("names a key by which a policy means something else", () => {
  policyConfigs.register(
    "odd_keys",
    z.looseObject({ type: z.literal("odd_keys") }) as unknown as z.ZodType<PolicyConfig>,
  );
  expect(() => settingsOf({ type: "odd_keys", online_steps: "many" })).toThrow(/policy\.online_steps/);
});
