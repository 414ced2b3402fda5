/** What people do at a control step, as the action pipeline takes it. Acting and recording both do it this way. */
import type { BoxSpace } from "../envs/env.ts";
import type { Teleoperation } from "../processors/transition.ts";
import { type ActionFeature, actionBound } from "../replay/features.ts";
import type { TeleoperatorGroup } from "../teleoperators/teleoperator_group.ts";
import { Tensor } from "../tensor/tensor.ts";
import { boundOf, clipToBounds } from "./choose_action.ts";

/**
 * Asks everyone, once per control step.
 *
 * @param action What is executed while nobody steers.
 * @param space What people's actions are clipped to.
 * @throws RangeError naming the teleoperator whose action has the wrong length or isn't finite.
 */
export function readTeleoperation(
  teleoperators: TeleoperatorGroup,
  action: Tensor<"float32">,
  space: BoxSpace,
): Teleoperation {
  const { events, by, action: wanted } = teleoperators.read();
  // A pedal says that somebody intervenes but cannot steer: the action goes on, marked as intervened.
  const persons = wanted === null ? action.data : clipToBounds(space, wanted);
  return { events, by, action: events.isIntervention ? new Tensor("float32", action.shape, persons) : null };
}

/** People act within what the policy can do, or else it could never learn to do what they show. */
export function withinPolicy(space: BoxSpace, action: ActionFeature): BoxSpace {
  const [low, high] = [actionBound(action, "low"), actionBound(action, "high")];
  return {
    ...space,
    low: low.map((bound, i) => Math.max(bound, boundOf(space.low, i))),
    high: high.map((bound, i) => Math.min(bound, boundOf(space.high, i))),
  };
}
