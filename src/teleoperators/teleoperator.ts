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

/** Anything a person guides a robot with. At least one capability is there. */
export interface Teleoperator {
  /** For messages and metrics, as in "gamepad". */
  readonly id: string;
  readonly actions?: ActionSource;
  readonly events?: EventSource;
  /** A new episode is about to begin. */
  onEpisodeStart?(): void;
  connect(): Promise<void>;
  disconnect(): Promise<void>;
}
