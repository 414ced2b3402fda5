/** Settings of the run in LeRobot's policy config, shared by all policies. */
import { z } from "zod";
import { parseConfig } from "../config/parse.ts";
import { onlineTrainingFields, pretrainedFields } from "../policies/online_training.ts";
import type { TrainRLServerPipelineConfig } from "./config.ts";

export interface RunSettings {
  /** Environment steps after which the run ends; `policy.online_steps`. */
  readonly onlineSteps: number;
  /** Environment steps before the first update; `policy.online_step_before_learning`. */
  readonly warmUpSteps: number;
  /** Transitions of the replay buffers; `policy.online_buffer_capacity` and `policy.offline_buffer_capacity`. */
  readonly bufferCapacity: { readonly online: number; readonly offline: number };
  /** Address of the learner; `policy.actor_learner_config`. */
  readonly learnerAddress: { readonly host: string; readonly port: number };
  /** Seconds between two sets of new weights for the actors. */
  readonly weightsPushIntervalS: number;
  /** Folder or Hub repository with the weights that a new run begins from; `policy.pretrained_path`. */
  readonly pretrainedPath: string | null;
  /** The policy on the Hugging Face Hub. */
  readonly hub: {
    readonly push: boolean;
    readonly repoId: string | null;
    readonly private: boolean | null;
    readonly tags: readonly string[] | null;
    readonly license: string | null;
  };
}

/** Other keys of the policy's config are its own. */
const RunFields = z.object({ ...onlineTrainingFields, ...pretrainedFields });
const RunConfig = z.object({ policy: RunFields });

/**
 * The settings of a run. Keys that a policy's schema lacks have their defaults.
 *
 * @throws ConfigError for a policy type that gives one of these keys another meaning.
 */
export function runSettingsOf({ policy }: Pick<TrainRLServerPipelineConfig, "policy">): RunSettings {
  const fields = parseConfig(RunConfig, { policy }).policy;
  const { learner_host, learner_port, policy_parameters_push_frequency } = fields.actor_learner_config;
  return {
    onlineSteps: fields.online_steps,
    warmUpSteps: fields.online_step_before_learning,
    bufferCapacity: { online: fields.online_buffer_capacity, offline: fields.offline_buffer_capacity },
    learnerAddress: { host: learner_host, port: learner_port },
    weightsPushIntervalS: policy_parameters_push_frequency,
    pretrainedPath: fields.pretrained_path,
    hub: {
      push: fields.push_to_hub,
      repoId: fields.repo_id,
      private: fields.private,
      tags: fields.tags,
      license: fields.license,
    },
  };
}
