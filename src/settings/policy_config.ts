/** The policy of a training config, typed. */
import type { GaussianActorConfig } from "../policies/gaussian_actor/config.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

/** @throws Error for a policy that this package's actor and learner cannot run. */
export function gaussianActorConfigOf({ policy }: Pick<TrainRLServerPipelineConfig, "policy">): GaussianActorConfig {
  if (policy.type === "gaussian_actor") return policy as GaussianActorConfig;
  throw new Error(`policy.type is "${policy.type}"; online training runs "gaussian_actor" policies`);
}

/** Elements of the environment's action: the continuous ones, and one more for the discrete gripper. */
export function actionLengthOf({ output_features, num_discrete_actions }: GaussianActorConfig): number {
  return output_features.action!.shape[0]! + (num_discrete_actions === null ? 0 : 1);
}
