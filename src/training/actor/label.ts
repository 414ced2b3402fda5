/** A person's second thoughts about the episode that has just ended. */
import type { ProcessorTransition } from "../../processors/transition.ts";
import { verdictOf } from "../../teleoperators/teleoperator.ts";
import type { RecordId } from "../../transport/messages.ts";
import type { RelabelReport } from "../actor_report.ts";

export type EpisodeLabel = "success" | "failure";

/** Reward of an episode that a person declares successful. */
const SUCCESS_REWARD = 1;

/** The last step of an episode, as it can be labelled anew. */
export class LabelledEpisode {
  readonly episode: number;
  readonly #actor: string;
  readonly #id: RecordId;
  readonly #last: ProcessorTransition;
  #label: EpisodeLabel | undefined;

  constructor(actor: string, episode: number, id: RecordId, last: ProcessorTransition) {
    this.#actor = actor;
    this.episode = episode;
    this.#id = id;
    this.#last = last;
    const verdict = last.teleoperation && verdictOf(last.teleoperation.events);
    this.#label = verdict === "success" || verdict === "failure" ? verdict : undefined;
  }

  /** What a person says of it; undefined when nobody said anything, or took it back. */
  get label(): EpisodeLabel | undefined {
    return this.#label;
  }

  /**
   * Success has reward 1, failure none; both terminate. Without a label the step is what the environment made of it: where
   * only the person ended the episode, it was cut short.
   */
  relabel(label: EpisodeLabel | undefined): RelabelReport {
    this.#label = label;
    const { reward, terminated } = environmentOutcome(this.#last);
    const rewards = { success: SUCCESS_REWARD, failure: Math.min(reward, 0) };
    return {
      kind: "relabel",
      actor: this.#actor,
      sequence: this.#id.sequence,
      reward: label === undefined ? reward : rewards[label],
      terminated: label === undefined ? terminated : true,
      truncated: label === undefined && !terminated,
    };
  }
}

/** What the environment itself said, beneath a person's verdict. */
function environmentOutcome({ info, reward, terminated }: ProcessorTransition) {
  const own = info.environment as { readonly reward: number; readonly terminated: boolean } | undefined;
  return own ?? { reward, terminated };
}
