/**
 * The curves of a run, updated event by event in bounded memory. Episodes without help and episodes with help are never
 * added up.
 */
import { DEFAULT_WINDOW_EPISODES, type SuccessShares, successShares } from "../../../metrics/learning_curve.ts";
import { ProgressCount, type ProgressUnit } from "../../../metrics/progress_count.ts";
import { countsForPolicy, type RunEvent, type RunEventOf } from "../../../metrics/run_event.ts";
import type { FinishedEvaluation } from "../../run_state.ts";
import { BoundedSeries } from "./bounded_series.ts";

type Episode = RunEventOf<"episode">;

export class Curves {
  readonly episodicReturn = new BoundedSeries();
  readonly episodeLength = new BoundedSeries();
  readonly solvedAlone = new BoundedSeries();
  readonly assistedSuccess = new BoundedSeries();
  readonly interventionRate = new BoundedSeries();
  readonly updatesPerStep = new BoundedSeries();
  /** Success rate of every evaluation. */
  readonly evaluated = new BoundedSeries();
  readonly #training = new Map<string, BoundedSeries>();
  /** The window of the shares. */
  #recent: Episode[] = [];
  readonly #count = new ProgressCount();
  #episodes = 0;
  #successes = 0;
  /** Increases with every change. */
  version = 0;
  /** How far the run was at the latest event. */
  progress = 0;

  /** What every x counts. */
  get unit(): ProgressUnit {
    return this.#count.unit;
  }

  /** The algorithm's metrics, by name. */
  get training(): ReadonlyMap<string, BoundedSeries> {
    return this.#training;
  }

  get episodes(): number {
    return this.#episodes;
  }

  get successes(): number {
    return this.#successes;
  }

  /** Over the latest episodes. */
  get shares(): SuccessShares {
    return successShares(this.#recent);
  }

  /** The x of an evaluation. */
  placeOf({ interaction_step, policy_step }: FinishedEvaluation): number {
    return this.unit === "updates" ? (policy_step ?? 0) : interaction_step;
  }

  add(event: RunEvent): void {
    const x = this.#count.at(event);
    this.progress = x;
    if (event.type === "episode") this.#addEpisode(event);
    else if (event.type === "evaluation") this.evaluated.add(x, event.report.success_rate);
    else if (event.type === "learner") this.updatesPerStep.add(x, event.updates_per_step);
    else if (event.type === "training") {
      for (const [name, value] of Object.entries(event.metrics)) this.#metric(name).add(x, value);
    } else if (event.type === "run_started") this.#forgetAfter(x);
    else return;
    this.version++;
  }

  #addEpisode(event: Episode): void {
    const same = ({ actor, episode }: Episode) => actor === event.actor && episode === event.episode;
    if (event.correction) {
      // Points already drawn stay; later shares use the corrected label.
      this.#recent = this.#recent.map((known) => (same(known) ? event : known));
      return;
    }
    if (!countsForPolicy(event.outcome)) return;
    this.#recent = [...this.#recent, event].slice(-DEFAULT_WINDOW_EPISODES);
    this.#episodes++;
    if (event.outcome === "success") this.#successes++;
    const x = event.interaction_step;
    this.episodicReturn.add(x, event.episodic_return);
    this.episodeLength.add(x, event.episode_length);
    const { solvedAlone, assistedSuccess, interventionRate } = this.shares;
    if (solvedAlone !== null) this.solvedAlone.add(x, solvedAlone);
    if (assistedSuccess !== null) this.assistedSuccess.add(x, assistedSuccess);
    if (interventionRate !== null) this.interventionRate.add(x, interventionRate);
  }

  #metric(name: string): BoundedSeries {
    let series = this.#training.get(name);
    if (series === undefined) {
      series = new BoundedSeries();
      this.#training.set(name, series);
    }
    return series;
  }

  #forgetAfter(x: number): void {
    const all = [
      this.episodicReturn,
      this.episodeLength,
      this.solvedAlone,
      this.assistedSuccess,
      this.interventionRate,
      this.updatesPerStep,
      this.evaluated,
      ...this.#training.values(),
    ];
    for (const series of all) series.forgetAfter(x);
  }
}
