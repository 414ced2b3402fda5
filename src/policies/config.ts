/** The policies a config can name. */
import type { PolicyFeatures } from "../config/features.ts";
import { type TypedConfig, TypeRegistry } from "../config/registry.ts";
import { GaussianActorConfigSchema } from "./gaussian_actor/config.ts";

/** What every policy's config has. */
export interface PolicyConfig extends TypedConfig {
  readonly input_features: PolicyFeatures;
  readonly output_features: PolicyFeatures;
  readonly pretrained_path: string | null;
}

export const policyConfigs = new TypeRegistry<PolicyConfig>("policy")
  .register("gaussian_actor", GaussianActorConfigSchema)
  .retire(
    "sac",
    'LeRobot split its "sac" policy in two: the network is now the policy "gaussian_actor", and how it learns is the ' +
      'algorithm "sac". Write "policy": {"type": "gaussian_actor", …} and move discount, *_lr, num_critics, ' +
      'temperature_init, utd_ratio and the other training values to "algorithm": {"type": "sac", …}. ' +
      "`handrail config FILE --migrate` does this for you.",
  );
