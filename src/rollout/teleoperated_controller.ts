/** People who take over from a controller: a policy, a resting arm, a random walk. */
import type { BoxSpace } from "../envs/env.ts";
import { type ActionFeature, actionBound } from "../replay/features.ts";
import type { TeleoperatorGroup } from "../teleoperators/teleoperator_group.ts";
import { Tensor } from "../tensor/tensor.ts";
import { boundOf, clipToBounds } from "./choose_action.ts";
import type { Controller, Decision } from "./episode_runner.ts";

/**
 * Adds teleoperators to a controller. They are read once per control step, after the controller.
 *
 * @param space Bounds for people's actions.
 * @returns a controller whose `act` throws a RangeError naming the teleoperator whose action has the wrong length or isn't
 * finite.
 */
export function teleoperated(controller: Controller, teleoperators: TeleoperatorGroup, space: BoxSpace): Controller {
  return {
    ...(controller.hasBegun && { hasBegun: () => controller.hasBegun!() }),
    startEpisode(start) {
      controller.startEpisode?.(start);
      teleoperators.startEpisode(start);
    },
    async act(observation, episode) {
      const decision = await controller.act(observation, episode);
      return decision && { ...decision, teleoperation: readTeleoperation(teleoperators, decision, space) };
    },
  };
}

function readTeleoperation(teleoperators: TeleoperatorGroup, { action }: Decision, space: BoxSpace) {
  const { events, by, action: wanted } = teleoperators.read();
  // A pedal signals an intervention but cannot steer: the action stands, marked as intervened.
  const persons = wanted === null ? action.data : clipToBounds(space, wanted);
  return { events, by, action: events.isIntervention ? new Tensor("float32", action.shape, persons) : null };
}

/** Limits people to the policy's range, because the policy could not learn actions outside it. */
export function withinPolicy(space: BoxSpace, action: ActionFeature): BoxSpace {
  const [low, high] = [actionBound(action, "low"), actionBound(action, "high")];
  return {
    ...space,
    low: low.map((bound, i) => Math.max(bound, boundOf(space.low, i))),
    high: high.map((bound, i) => Math.min(bound, boundOf(space.high, i))),
  };
}
