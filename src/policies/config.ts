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
  )
  .retire(
    "reward_classifier",
    "reward classifiers cannot be trained or used yet (FEATURES.md says what there is): train yours with LeRobot. Here, " +
      "a simulation gives its own reward, and in `handrail train` a person's verdict ends an episode.",
  );

/** LeRobot's policies for imitation. */
for (const type of ["act", "diffusion", "tdmpc", "vqbet", "pi0", "pi0fast", "pi05", "smolvla", "groot", "xvla"]) {
  policyConfigs.retire(type, `LeRobot's policy "${type}" is not here: online training runs "gaussian_actor" policies`);
}
