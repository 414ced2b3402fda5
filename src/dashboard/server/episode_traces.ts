/** The course of recent episodes, for the timeline: how long they were and at which stretches a person steered. */
import type { RunEventOf } from "../../metrics/index.ts";
import type { EpisodeTrace } from "../protocol.ts";

const KEPT_EPISODES = 60;
/** Hands that tremble would make any number of stretches; the timeline needs no more than it can draw. */
const MAX_STRETCHES = 64;

/** What an `episode` event and an actor's observer both know. */
export type EndedEpisode = Pick<
  RunEventOf<"episode">,
  "episode" | "episode_length" | "episodic_return" | "outcome" | "intervention_steps" | "correction"
>;

export class EpisodeTraces {
  readonly #traces: EpisodeTrace[] = [];
  #open: EpisodeTrace | undefined;

  /** Oldest first; the last one may be going on. */
  get all(): readonly EpisodeTrace[] {
    return this.#open === undefined ? this.#traces : [...this.#traces, this.#open];
  }

  get current(): EpisodeTrace | undefined {
    return this.#open;
  }

  start(episode: number): void {
    this.#open = { episode, length: 0, episodic_return: 0, interventions: [], outcome: null, undone: false };
  }

  step(reward: number, isIntervention: boolean): void {
    if (this.#open === undefined) return;
    const { length, interventions } = this.#open;
    this.#open = {
      ...this.#open,
      length: length + 1,
      episodic_return: this.#open.episodic_return + reward,
      interventions: isIntervention ? extend(interventions, length) : interventions,
    };
  }

  /** @returns the finished trace. Of an episode whose steps nobody watched only the number of steered steps is known. */
  finish(event: EndedEpisode): EpisodeTrace {
    const { episode, episode_length, episodic_return, outcome } = event;
    if (event.correction) return this.#correct(event);
    const watched = this.#open?.episode === episode ? this.#open.interventions : [];
    const trace: EpisodeTrace = {
      episode,
      length: episode_length,
      episodic_return,
      interventions: watched.length > 0 || event.intervention_steps === 0 ? watched : [[0, event.intervention_steps]],
      outcome,
      undone: false,
    };
    this.#open = undefined;
    this.#traces.push(trace);
    if (this.#traces.length > KEPT_EPISODES) this.#traces.shift();
    return trace;
  }

  /** A verdict was taken back or changed; the course of the episode stays what it was. */
  #correct({ episode, outcome, episodic_return, episode_length, intervention_steps }: EndedEpisode): EpisodeTrace {
    const index = this.#traces.findIndex((trace) => trace.episode === episode);
    const known = this.#traces[index];
    const interventions: EpisodeTrace["interventions"] = intervention_steps === 0 ? [] : [[0, intervention_steps]];
    const corrected = {
      ...(known ?? { episode, length: episode_length, interventions }),
      episodic_return,
      outcome,
      undone: true,
    };
    if (known !== undefined) this.#traces[index] = corrected;
    return corrected;
  }
}

function extend(stretches: EpisodeTrace["interventions"], step: number): EpisodeTrace["interventions"] {
  const last = stretches.at(-1);
  if (last !== undefined && (last[1] === step || stretches.length >= MAX_STRETCHES)) {
    return [...stretches.slice(0, -1), [last[0], step + 1]];
  }
  return [...stretches, [step, step + 1]];
}
