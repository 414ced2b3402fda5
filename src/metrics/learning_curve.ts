/**
 * The curves of a run. The policy's results alone and with help are never added up: with a good operator every policy
 * succeeds. Pure; shared by plots, the progress bar, TensorBoard, Prometheus and the dashboard.
 */
import type { EpisodeEvent, RunHistory } from "./run_history.ts";
import type { Point, Series } from "./series.ts";
import { movingMean } from "./series.ts";

/** Default number of episodes for moving shares. */
export const DEFAULT_WINDOW_EPISODES = 50;

/** Shares over a number of episodes; null without a matching episode. */
export interface SuccessShares {
  readonly episodes: number;
  /** Number of episodes in which only the policy steered. */
  readonly autonomousEpisodes: number;
  /**
   * Share of all episodes that the policy solved without help. Unlike `autonomousSuccess` it counts assisted episodes as not
   * solved, so an attentive operator cannot inflate it.
   */
  readonly solvedAlone: number | null;
  /** Success rate of the autonomous episodes. */
  readonly autonomousSuccess: number | null;
  /** Success rate of the assisted episodes. */
  readonly assistedSuccess: number | null;
  /** Share of all steps steered by an operator instead of the policy. */
  readonly interventionRate: number | null;
}

export function isAutonomous(episode: EpisodeEvent): boolean {
  return episode.intervention_steps === 0;
}

export function successShares(episodes: readonly EpisodeEvent[]): SuccessShares {
  const counts = new ShareCounts();
  for (const episode of episodes) counts.count(episode, 1);
  return counts.shares();
}

/** Shares over the last `window` episodes, for a progress bar. */
export function recentShares(history: RunHistory, window = DEFAULT_WINDOW_EPISODES): SuccessShares {
  return successShares(history.episodes.slice(-window));
}

/** Every series over what `RunHistory.unit` counts. */
export interface LearningCurve {
  /** Return of every episode, with or without help. */
  readonly episodicReturn: Series;
  readonly episodicReturnMean: Series;
  /** Steps. */
  readonly episodeLength: Series;
  readonly episodeLengthMean: Series;
  /** Share of the last `window` episodes that were solved without help. */
  readonly solvedAlone: Series;
  /** Over the autonomous episodes among the last `window`; no point without any. */
  readonly autonomousSuccess: Series;
  /** Over the assisted episodes among the last `window`; no point without any. */
  readonly assistedSuccess: Series;
  /** Share of the steps of the last `window` episodes. */
  readonly interventionRate: Series;
  readonly updatesPerStep: Series;
  /** The algorithm's metrics by name: `loss_critic`, `temperature`, `entropy`, … */
  readonly training: ReadonlyMap<string, Series>;
}

/** @param window Number of episodes. */
export function learningCurve(history: RunHistory, window = DEFAULT_WINDOW_EPISODES): LearningCurve {
  const { episodes } = history;
  const perEpisode = (value: (episode: EpisodeEvent) => number) =>
    episodes.map((episode) => ({ x: episode.interaction_step, y: value(episode) }));
  const shares = movingShares(episodes, window);
  const ofShares = (key: "solvedAlone" | "autonomousSuccess" | "assistedSuccess" | "interventionRate") =>
    shares.flatMap((share, i): Point[] => {
      const y = share[key];
      return y === null ? [] : [{ x: episodes[i]!.interaction_step, y }];
    });
  const episodicReturn = perEpisode(({ episodic_return }) => episodic_return);
  const episodeLength = perEpisode(({ episode_length }) => episode_length);
  return {
    episodicReturn,
    episodicReturnMean: movingMean(episodicReturn, window),
    episodeLength,
    episodeLengthMean: movingMean(episodeLength, window),
    solvedAlone: ofShares("solvedAlone"),
    autonomousSuccess: ofShares("autonomousSuccess"),
    assistedSuccess: ofShares("assistedSuccess"),
    interventionRate: ofShares("interventionRate"),
    updatesPerStep: history.updatesPerStep,
    training: history.training,
  };
}

/** The shares after every episode. */
function movingShares(episodes: readonly EpisodeEvent[], window: number): SuccessShares[] {
  const counts = new ShareCounts();
  return episodes.map((episode, i) => {
    counts.count(episode, 1);
    if (i >= window) counts.count(episodes[i - window]!, -1);
    return counts.shares();
  });
}

/** Counts are integers, so that removing an episode leaves no rounding error. */
class ShareCounts {
  readonly #alone = { episodes: 0, successes: 0 };
  readonly #assisted = { episodes: 0, successes: 0 };
  #steps = 0;
  #interventionSteps = 0;

  /** @param times 1 to add an episode, −1 to remove it. */
  count(episode: EpisodeEvent, times: 1 | -1): void {
    const kind = isAutonomous(episode) ? this.#alone : this.#assisted;
    kind.episodes += times;
    if (episode.outcome === "success") kind.successes += times;
    this.#steps += times * episode.episode_length;
    this.#interventionSteps += times * episode.intervention_steps;
  }

  shares(): SuccessShares {
    return {
      episodes: this.#alone.episodes + this.#assisted.episodes,
      autonomousEpisodes: this.#alone.episodes,
      solvedAlone: ratio(this.#alone.successes, this.#alone.episodes + this.#assisted.episodes),
      autonomousSuccess: ratio(this.#alone.successes, this.#alone.episodes),
      assistedSuccess: ratio(this.#assisted.successes, this.#assisted.episodes),
      interventionRate: ratio(this.#interventionSteps, this.#steps),
    };
  }
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
