/** A person's (or a stand-in program's) signals about a running episode. */

/** Events of a teleoperator at one control step. */
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

/** Any source true ⇒ true: no device takes back what another reports. */
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

/** A person's verdict on the episode. Re-record overrides success; success overrides failure. */
export function verdictOf({ rerecordEpisode, success, failure }: TeleopEvents): Verdict | undefined {
  if (rerecordEpisode) return "rerecord";
  if (success) return "success";
  return failure ? "failure" : undefined;
}
