/** Labels the episode that has just ended, and takes the label back. */
import type { EnvironmentVerdict } from "../processors/episode_signals.ts";
import type { ProcessorTransition } from "../processors/transition.ts";
import type { EpisodeReport, RelabelReport } from "../spec/actor_report.ts";
import { verdictOf } from "../teleoperators/teleoperator.ts";
import type { RecordId } from "../transport/messages.ts";

export type EpisodeLabel = "success" | "failure";

/** Reward of an episode that a person declares successful. */
const SUCCESS_REWARD = 1;

/** The reward of an episode's last step once a person has judged it. @param reward the environment's own. */
export function labelledReward(label: EpisodeLabel, reward: number): number {
  return label === "success" ? SUCCESS_REWARD : Math.min(reward, 0);
}

/** A finished episode whose last step can be relabelled. */
export class LabelledEpisode {
  readonly #report: EpisodeReport;
  readonly #id: RecordId;
  readonly #last: ProcessorTransition;
  #label: EpisodeLabel | undefined;

  /**
   * @param report The episode as it was reported when it ended.
   * @param id Id of its last transition.
   */
  constructor(report: EpisodeReport, id: RecordId, last: ProcessorTransition) {
    this.#report = report;
    this.#id = id;
    this.#last = last;
    const verdict = last.teleoperation && verdictOf(last.teleoperation.events);
    this.#label = verdict === "success" || verdict === "failure" ? verdict : undefined;
  }

  get episode(): number {
    return this.#report.episode;
  }

  /** The person's verdict; undefined without one, or once it was taken back. */
  get label(): EpisodeLabel | undefined {
    return this.#label;
  }

  /**
   * Success has reward 1, failure none; both terminate. Without a label the step has the environment's own
   * verdict; if only the person ended the episode, it counts as truncated.
   *
   * @returns the step for the buffers, and the episode for logs and statistics.
   */
  relabel(label: EpisodeLabel | undefined): { readonly step: RelabelReport; readonly episode: EpisodeReport } {
    this.#label = label;
    const own = environmentVerdict(this.#last);
    const reward = label === undefined ? own.reward : labelledReward(label, own.reward);
    return {
      step: {
        kind: "relabel",
        actor: this.#report.actor,
        sequence: this.#id.sequence,
        reward,
        terminated: label === undefined ? own.terminated : true,
        truncated: label === undefined && !own.terminated,
      },
      episode: {
        ...this.#report,
        episodic_return: this.#report.episodic_return - this.#last.reward + reward,
        outcome: label ?? outcomeOf(own),
        correction: true,
      },
    };
  }
}

/** The environment's own outcome, without the person's verdict. */
function environmentVerdict({ signals, reward, terminated }: ProcessorTransition): EnvironmentVerdict {
  return signals.environment ?? { reward, terminated, success: signals.success };
}

function outcomeOf({ success, terminated }: EnvironmentVerdict): EpisodeReport["outcome"] {
  if (!terminated) return "terminated";
  return success ? "success" : "failure";
}
