/** A person's action and verdict in the action pipeline. */

import { Tensor } from "../../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import { NO_EVENTS, verdictOf } from "../teleop_events.ts";
import type { ProcessorTransition } from "../transition.ts";

/**
 * Replaces the policy's action while a person intervenes, and turns their verdict into reward and end of episode.
 *
 * Success (with reward 1) and failure terminate; re-recording and ending without a verdict truncate. Writes
 * `is_intervention` (1 if any source reports it; never cleared) and `teleop_action`, the action that is
 * executed, into the complementary data.
 */
export class InterventionActionProcessorStep implements ProcessorStep {
  readonly name = "intervention_action_processor";
  readonly terminateOnSuccess: boolean;

  constructor({ terminateOnSuccess = true }: { terminateOnSuccess?: boolean } = {}) {
    this.terminateOnSuccess = terminateOnSuccess;
  }

  /** @throws FeatureError when the person's action is missing or has another length than the policy's. */
  apply(transition: ProcessorTransition): ProcessorTransition {
    const { action, teleoperation, complementaryData, signals } = transition;
    if (action === null) throw new FeatureError("action", "is missing: nothing to execute or replace");
    const events = teleoperation?.events ?? NO_EVENTS;
    const executed = events.isIntervention ? personsAction(transition, action) : action;
    const verdict = verdictOf(events);
    const success = verdict === "success";
    const terminated = transition.terminated || verdict === "failure" || (success && this.terminateOnSuccess);
    const isIntervention = events.isIntervention || signals.isIntervention;
    return {
      ...transition,
      action: executed,
      reward: success ? SUCCESS_REWARD : transition.reward,
      terminated,
      truncated: transition.truncated || (!terminated && (events.rerecordEpisode || events.terminateEpisode)),
      signals: {
        ...signals,
        isIntervention,
        success: success || (signals.success && verdict !== "failure"),
        rerecord: signals.rerecord || events.rerecordEpisode,
      },
      complementaryData: { ...complementaryData, is_intervention: isIntervention ? 1 : 0, teleop_action: executed },
    };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return { terminate_on_success: this.terminateOnSuccess };
  }
}

/** Reward of a step at which a person declares success. */
const SUCCESS_REWARD = 1;

function personsAction({ teleoperation }: ProcessorTransition, policyAction: Tensor): Tensor {
  const person = teleoperation?.action ?? null;
  if (person === null) throw new FeatureError("teleop_action", "is missing although the person intervenes");
  if (person.size !== policyAction.size) {
    const lengths = `has ${person.size} elements, the policy's action ${policyAction.size}`;
    throw new FeatureError("teleop_action", `${lengths}: is the gripper counted in both?`);
  }
  return new Tensor("float32", policyAction.shape, person.data);
}
