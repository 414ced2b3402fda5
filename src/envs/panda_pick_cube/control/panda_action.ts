/** The two action spaces of the Panda environments, and the arm's command for an action. */
import { boundAt } from "../../action_check.ts";
import type { BoxSpace } from "../../env.ts";
import type { PandaOptions } from "../options.ts";
import { type GripperConvention, gripperDeltaOf } from "./gripper_command.ts";

/**
 * `"end_effector"`: x, y, z in [−1, 1] times a step size, and the gripper.
 * `"base"`: x, y, z in metres, three ignored rotations, and the gripper.
 */
export type PandaActionKind = "end_effector" | "base";

export interface ArmCommand {
  /** Metres the target moves. */
  readonly moveM: readonly [x: number, y: number, z: number];
  /** Change of the gripper's position: −1 opens fully, +1 closes fully. */
  readonly gripperDelta: number;
}

/** gym-hil's base environment takes the change of the gripper's position directly, in [−1, 1]. */
function gripperBounds(kind: PandaActionKind, convention: GripperConvention): [low: number, high: number] {
  return kind === "base" && convention === "gym_hil" ? [-1, 1] : [0, 2];
}

export function actionSpaceOf(kind: PandaActionKind, convention: GripperConvention): BoxSpace {
  const motions = kind === "base" ? 6 : 3;
  const [low, high] = gripperBounds(kind, convention);
  return {
    type: "box",
    dtype: "float32",
    shape: [motions + 1],
    low: Float32Array.from([...Array(motions).fill(-1), low]),
    high: Float32Array.from([...Array(motions).fill(1), high]),
  };
}

/** Reads an action; numbers outside the space count as its nearest bound. */
export function commandOf(
  action: Float32Array,
  space: BoxSpace,
  kind: PandaActionKind,
  { eeStepSize, gripperConvention }: Pick<PandaOptions, "eeStepSize" | "gripperConvention">,
): ArmCommand {
  const at = (index: number) =>
    Math.min(boundAt(space.high, index), Math.max(boundAt(space.low, index), action[index]!));
  const gripper = at(action.length - 1);
  if (kind === "base") {
    const gripperDelta = gripperConvention === "gym_hil" ? gripper : gripperDeltaOf(gripper, gripperConvention);
    return { moveM: [at(0), at(1), at(2)], gripperDelta };
  }
  return {
    moveM: [at(0) * eeStepSize.x, at(1) * eeStepSize.y, at(2) * eeStepSize.z],
    gripperDelta: gripperDeltaOf(gripper, gripperConvention),
  };
}
