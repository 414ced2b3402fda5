/**
 * The teleoperator contract: how a person, or a program that stands in for one, influences a running episode. A device
 * declares each capability by providing its object.
 */

import type { TeleopEvents } from "../processors/teleop_events.ts";

export { mergeEvents, NO_EVENTS, type TeleopEvents, type Verdict, verdictOf } from "../processors/teleop_events.ts";

/** The capability of steering. */
export interface ActionSource {
  /** The person's current action, in the environment's action space. Gripper: 0 closes, 1 stays, 2 opens. */
  getAction(): Float32Array;
}

/** The capability of reporting events. */
export interface EventSource {
  /**
   * Events since the last call. Called exactly once per control step, before the action. A press between two steps belongs
   * to the following step and is reported once.
   */
  getTeleopEvents(): TeleopEvents;
}

/** Start of an episode. */
export interface TeleoperatedBeginning {
  /**
   * The episode's seed, if it has one. A program that demonstrates restarts from it, so that the episode is repeatable in
   * any thread.
   */
  readonly seed?: number;
}

/** Anything a person guides a robot with. It has at least one capability. */
export interface Teleoperator {
  /** Name in messages and metrics, such as "gamepad". */
  readonly id: string;
  readonly actions?: ActionSource;
  readonly events?: EventSource;
  /** A new episode is about to begin. */
  onEpisodeStart?(beginning: TeleoperatedBeginning): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
