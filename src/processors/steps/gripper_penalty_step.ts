/** A penalty that keeps a learned gripper from fluttering. */
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../step.ts";
import type { ProcessorTransition } from "../transition.ts";

export interface GripperPenaltyOptions {
  /** At most 0; stored as `discrete_penalty` for the gripper's critic, never added to the reward. */
  readonly penalty?: number;
  /** Maximum of the gripper's position and command; the minimum is 0. */
  readonly maxGripperPosition?: number;
}

/**
 * Penalises opening and closing in the gripper's critic, so that the gripper does not flutter. Only a real change costs:
 * the gripper is open (below 10 %) and the command closes it (above 90 %), or the reverse. The position is the one
 * measured before the command, `gripper_position` in the complementary data.
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
