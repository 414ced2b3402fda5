/** Registration of the Gaussian actor. */

import { Random } from "../../tensor/random.ts";
import { actionBoundsOf } from "../action_bounds.ts";
import type { PolicyType } from "../policy_type.ts";
import { type GaussianActorConfig, GaussianActorConfigSchema, gaussianActorAdvice } from "./config.ts";
import { ObservationEncoder } from "./encoder.ts";
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
  frozenFeatureShapes,
  advice: gaussianActorAdvice,
};

/** Encoders of actor and critics differ unless they are one, so that no features are worth storing. */
function frozenFeatureShapes(config: GaussianActorConfig): Readonly<Record<string, readonly number[]>> | undefined {
  if (!config.freeze_vision_encoder || !config.shared_encoder) return undefined;
  const encoder = new ObservationEncoder(config);
  if (encoder.cameras.length === 0) return undefined;
  return encoder.imageFeatureShapes(encoder.init(new Random(0)));
}
