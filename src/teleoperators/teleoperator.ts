/**
 * What a person (or a program in a person's place) can do to a running episode. A device says what it is capable of by
 * carrying the capability's object; nobody asks it by trial.
 */

import type { TeleopEvents } from "../processors/teleop_events.ts";

export { mergeEvents, NO_EVENTS, type TeleopEvents, type Verdict, verdictOf } from "../processors/teleop_events.ts";

/** The capability of steering. */
export interface ActionSource {
  /** The action the person asks for now, in the environment's action space. Gripper: 0 closes, 1 stays, 2 opens. */
  getAction(): Float32Array;
}

/** The capability of reporting events. */
export interface EventSource {
  /**
   * What happened since the last call. Called exactly once per control step, before the action: a press between two
   * steps belongs to the step that follows it, and is reported once.
   */
  getTeleopEvents(): TeleopEvents;
}

/** How an episode begins. */
export interface TeleoperatedBeginning {
  /**
   * The episode's, where it has one. A program in a person's place that demonstrates begins afresh from it: the episode can
   * then be repeated, and it doesn't matter which thread plays it.
   */
  readonly seed?: number;
}

/** Anything a person guides a robot with. At least one capability is there. */
export interface Teleoperator {
  /** For messages and metrics, as in "gamepad". */
  readonly id: string;
  readonly actions?: ActionSource;
  readonly events?: EventSource;
  /** A new episode is about to begin. */
  onEpisodeStart?(beginning: TeleoperatedBeginning): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
