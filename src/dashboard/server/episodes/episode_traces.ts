/** Traces of recent episodes for the timeline: length, return, outcome and intervention ranges. */
import type { RunEventOf } from "../../../metrics/index.ts";
import { addStep } from "../../../metrics/stretches.ts";
import type { EpisodeTrace } from "../../protocol.ts";

const KEPT_EPISODES = 60;

/** The values that both an `episode` event and an actor's observer provide. */
export type EndedEpisode = Pick<
  RunEventOf<"episode">,
  "episode" | "episode_length" | "episodic_return" | "outcome" | "intervention_steps" | "interventions" | "correction"
>;

export class EpisodeTraces {
  readonly #traces: EpisodeTrace[] = [];
  #open: EpisodeTrace | undefined;

  /** Oldest first; the last one may be running. */
  get all(): readonly EpisodeTrace[] {
    return this.#open === undefined ? this.#traces : [...this.#traces, this.#open];
  }

  get current(): EpisodeTrace | undefined {
    return this.#open;
  }

  start(episode: number): void {
    this.#open = { episode, length: 0, episodic_return: 0, interventions: [], outcome: null, undone: false };
  }

  /** @param successProbability A reward model's; null without one. */
  step(reward: number, isIntervention: boolean, isPerson = false, successProbability: number | null = null): void {
    if (this.#open === undefined) return;
    const { length, interventions, by_person = [] } = this.#open;
    this.#open = {
      ...this.#open,
      length: length + 1,
      episodic_return: this.#open.episodic_return + reward,
      interventions: isIntervention ? addStep(interventions, length) : interventions,
      ...(isIntervention && isPerson && { by_person: addStep(by_person, length) }),
      ...(successProbability !== null && { success_probability: successProbability }),
    };
  }

  /** @returns the finished trace. Positions of interventions are unknown if neither an observer nor the event has them. */
  finish(event: EndedEpisode): EpisodeTrace {
    const { episode, episode_length, episodic_return, outcome } = event;
    if (event.correction) return this.#correct(event);
    const watched = this.#open?.episode === episode ? this.#open : undefined;
    const trace: EpisodeTrace = {
      episode,
      length: episode_length,
      episodic_return,
      outcome,
      undone: false,
      ...(watched?.interventions.length ? { interventions: watched.interventions } : interventionsOf(event)),
      ...(watched?.by_person && { by_person: watched.by_person }),
    };
    this.#open = undefined;
    this.#traces.push(trace);
    if (this.#traces.length > KEPT_EPISODES) this.#traces.shift();
    return trace;
  }

  /** Applies a label that was undone or changed. */
  #correct(event: EndedEpisode): EpisodeTrace {
    const { episode, outcome, episodic_return, episode_length } = event;
    const index = this.#traces.findIndex((trace) => trace.episode === episode);
    const known = this.#traces[index];
    const corrected = {
      ...(known ?? { episode, length: episode_length, ...interventionsOf(event) }),
      episodic_return,
      outcome,
      undone: true,
    };
    if (known !== undefined) this.#traces[index] = corrected;
    return corrected;
  }
}

/** Positions are not guessed. */
function interventionsOf({
  interventions,
  intervention_steps,
}: EndedEpisode): Pick<EpisodeTrace, "interventions" | "steered_somewhere"> {
  if (interventions !== undefined) return { interventions };
  return { interventions: [], ...(intervention_steps > 0 && { steered_somewhere: intervention_steps }) };
}
