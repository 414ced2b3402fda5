/** Registration of the Gaussian actor. */
import { actionBoundsOf } from "../action_bounds.ts";
import type { PolicyType } from "../policy_type.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema, gaussianActorAdvice } from "./config.ts";
import { GaussianActorPolicy } from "./policy.ts";
import { makeGaussianActorPrePostProcessors } from "./processors.ts";

export const gaussianActorType: PolicyType<GaussianActorConfig> = {
  schema: GaussianActorConfigSchema,
  create: (config, options) => GaussianActorPolicy.create(config, options),
  load: (folder, options) => GaussianActorPolicy.fromPretrained(folder, options),
  formerTypes: ["sac"],
  processors: makeGaussianActorPrePostProcessors,
  discreteActions: ({ num_discrete_actions }) => num_discrete_actions,
  actionBounds: actionBoundsOf,
  advice: gaussianActorAdvice,
};
