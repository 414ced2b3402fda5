/** The steps that put the person, the clock and the gripper into a transition. */
import { NO_EVENTS } from "../teleoperators/teleoperator.ts";
import { Tensor } from "../tensor/tensor.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "./step.ts";
import type { ProcessorTransition } from "./transition.ts";

/** Ends an episode that has taken long enough: truncated, so the last state keeps its value. */
export class TimeLimitProcessorStep implements ProcessorStep {
  readonly name = "time_limit_processor";
  readonly maxEpisodeSteps: number;
  #steps = 0;

  /** @param maxEpisodeSteps Control steps per episode: seconds × frames per second. */
  constructor(maxEpisodeSteps: number) {
    if (!Number.isSafeInteger(maxEpisodeSteps) || maxEpisodeSteps < 1) {
      throw new RangeError(`max_episode_steps must be a positive integer, got ${maxEpisodeSteps}`);
    }
    this.maxEpisodeSteps = maxEpisodeSteps;
  }

  apply(transition: ProcessorTransition): ProcessorTransition {
    // The first observation of an episode comes without an action: nothing has been done yet.
    if (transition.action === null) return transition;
    this.#steps += 1;
    return { ...transition, truncated: transition.truncated || this.#steps >= this.maxEpisodeSteps };
  }

  reset(): void {
    this.#steps = 0;
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return { max_episode_steps: this.maxEpisodeSteps };
  }
}

/**
 * The person's action instead of the policy's while they intervene; their verdict as reward and end of episode.
 *
 * Re-recording counts before success, success before failure. Success (with reward 1) and failure terminate;
 * re-recording and ending without a verdict truncate. Writes `is_intervention` (1 if any source says so: a flag is never
 * taken back) and `teleop_action`, the action that is executed, into the complementary data.
 */
export class InterventionActionProcessorStep implements ProcessorStep {
  readonly name = "intervention_action_processor";
  readonly terminateOnSuccess: boolean;

  constructor({ terminateOnSuccess = true }: { terminateOnSuccess?: boolean } = {}) {
    this.terminateOnSuccess = terminateOnSuccess;
  }

  /** @throws FeatureError when the person's action is missing or has another length than the policy's. */
  apply(transition: ProcessorTransition): ProcessorTransition {
    const { action, teleoperation, complementaryData, info } = transition;
    if (action === null) throw new FeatureError("action", "is missing: nothing to execute or replace");
    const events = teleoperation?.events ?? NO_EVENTS;
    const executed = events.isIntervention ? personsAction(transition, action) : action;
    const success = events.success && !events.rerecordEpisode;
    const failure = events.failure && !success && !events.rerecordEpisode;
    const verdict = failure || (success && this.terminateOnSuccess);
    const terminated = transition.terminated || verdict;
    const flagged = events.isIntervention || isIntervention(transition);
    return {
      ...transition,
      action: executed,
      reward: success ? SUCCESS_REWARD : transition.reward,
      terminated,
      truncated: transition.truncated || (!terminated && (events.rerecordEpisode || events.terminateEpisode)),
      info: { ...info, is_intervention: flagged, success, rerecord_episode: events.rerecordEpisode },
      complementaryData: { ...complementaryData, is_intervention: flagged ? 1 : 0, teleop_action: executed },
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

function isIntervention({ info, complementaryData }: ProcessorTransition): boolean {
  return info.is_intervention === true || complementaryData.is_intervention === 1;
}

function personsAction({ teleoperation }: ProcessorTransition, policyAction: Tensor): Tensor {
  const person = teleoperation?.action ?? null;
  if (person === null) throw new FeatureError("teleop_action", "is missing although the person intervenes");
  if (person.size !== policyAction.size) {
    const lengths = `has ${person.size} elements, the policy's action ${policyAction.size}`;
    throw new FeatureError("teleop_action", `${lengths}: is the gripper counted in both?`);
  }
  return new Tensor("float32", policyAction.shape, person.data);
}

export interface GripperPenaltyOptions {
  /** At most 0; stored as `discrete_penalty` for the gripper's critic, never added to the reward. */
  readonly penalty?: number;
  /** Of the gripper's position and command; positions count from 0. */
  readonly maxGripperPosition?: number;
}

/**
 * Makes the gripper's critic pay for opening and closing, so that the gripper does not flutter. A penalty is due only for
 * a real change: the gripper was open (below 10 %) and is told to close (above 90 %), or the other way round. It is
 * judged by the position measured before the command, `gripper_position` in the complementary data.
 */
export class GripperPenaltyProcessorStep implements ProcessorStep {
  readonly name = "gripper_penalty_processor";
  readonly penalty: number;
  readonly maxGripperPosition: number;

  constructor({ penalty = -0.02, maxGripperPosition = 100 }: GripperPenaltyOptions = {}) {
    if (!(penalty <= 0)) throw new RangeError(`penalty must be at most 0, got ${penalty}`);
    if (!(maxGripperPosition > 0))
      throw new RangeError(`max_gripper_pos must be more than 0, got ${maxGripperPosition}`);
    this.penalty = penalty;
    this.maxGripperPosition = maxGripperPosition;
  }

  /** @throws FeatureError when the action or the gripper's position is missing. */
  apply(transition: ProcessorTransition): ProcessorTransition {
    const { action, complementaryData } = transition;
    const measured = complementaryData.gripper_position;
    if (typeof measured !== "number") {
      throw new FeatureError(
        "gripper_position",
        "is missing from the complementary data: what was measured before the step",
      );
    }
    if (action === null) throw new FeatureError("action", "is missing");
    const position = measured / this.maxGripperPosition;
    const command = Number(action.data.at(-1)) / this.maxGripperPosition;
    const changes = (position < 0.1 && command > 0.9) || (position > 0.9 && command < 0.1);
    const discrete_penalty = changes ? this.penalty : 0;
    return { ...transition, complementaryData: { ...complementaryData, discrete_penalty } };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return { penalty: this.penalty, max_gripper_pos: this.maxGripperPosition };
  }
}

/**
 * Takes what a gym-hil environment, or one that people take over, reports in its info to where it is stored: the gripper
 * penalty, the intervention flag and the action that was really executed.
 */
export class GymHILAdapterProcessorStep implements ProcessorStep {
  readonly name = "gym_hil_adapter_processor";

  apply(transition: ProcessorTransition): ProcessorTransition {
    const { info, complementaryData } = transition;
    const penalty = info.discrete_penalty;
    const executed = info.teleop_action;
    const action = executed instanceof Float32Array ? Tensor.of([executed.length], executed) : null;
    return {
      ...transition,
      action: action ?? transition.action,
      complementaryData: {
        ...complementaryData,
        ...(typeof penalty === "number" && { discrete_penalty: penalty }),
        ...(action && { teleop_action: action }),
        is_intervention: isIntervention(transition) ? 1 : 0,
      },
    };
  }

  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    return features;
  }

  config(): StepConfig {
    return {};
  }
}
