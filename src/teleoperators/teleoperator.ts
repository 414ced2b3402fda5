/**
 * What a person (or a program in a person's place) can do to a running episode. A device says what it is capable of by
 * carrying the capability's object; nobody asks it by trial.
 */

/** What a teleoperator reports at one control step. */
export interface TeleopEvents {
  /** The person is steering at this step. */
  readonly isIntervention: boolean;
  /** The person declares success: the episode ends with reward 1. */
  readonly success: boolean;
  /** The person declares failure: the episode ends. */
  readonly failure: boolean;
  /** The episode is to be thrown away and recorded again; it ends. */
  readonly rerecordEpisode: boolean;
  /** The episode ends without a verdict. */
  readonly terminateEpisode: boolean;
}

export const NO_EVENTS: TeleopEvents = {
  isIntervention: false,
  success: false,
  failure: false,
  rerecordEpisode: false,
  terminateEpisode: false,
};

/** Any source true ⇒ true: what one device reports is never taken back by another that reports nothing. */
export function mergeEvents(events: Iterable<TeleopEvents>): TeleopEvents {
  const merged = { ...NO_EVENTS };
  for (const event of events) {
    merged.isIntervention ||= event.isIntervention;
    merged.success ||= event.success;
    merged.failure ||= event.failure;
    merged.rerecordEpisode ||= event.rerecordEpisode;
    merged.terminateEpisode ||= event.terminateEpisode;
  }
  return merged;
}

export type Verdict = "rerecord" | "success" | "failure";

/** What a person says of the episode: re-recording counts before success, success before failure. */
export function verdictOf({ rerecordEpisode, success, failure }: TeleopEvents): Verdict | undefined {
  if (rerecordEpisode) return "rerecord";
  if (success) return "success";
  return failure ? "failure" : undefined;
}

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
