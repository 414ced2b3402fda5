/** Aggregates a run's events for its curves, from a live run or a log. Pure. */
import { ProgressCount, type ProgressUnit } from "./progress_count.ts";
import { countsForPolicy, type EvaluationReport, type RunEvent, type RunEventOf } from "./run_event.ts";
import { downsample, type Point, type Series } from "./series.ts";

export type EpisodeEvent = RunEventOf<"episode">;

/** An evaluation and how far the run was. */
export interface Evaluation {
  readonly x: number;
  readonly report: EvaluationReport;
}

export interface RunHistoryOptions {
  /** Points kept per series of the learner; the rest is thinned out while preserving the shape. Episodes are all kept. */
  readonly maximumPoints?: number;
}

/** Grows by some hundred bytes per episode, and by at most `maximumPoints` per metric of the learner. */
export class RunHistory {
  readonly #episodes: EpisodeEvent[] = [];
  readonly #evaluations: Evaluation[] = [];
  readonly #training = new Map<string, Point[]>();
  #updatesPerStep: Point[] = [];
  readonly #count = new ProgressCount();
  readonly #maximumPoints: number;

  constructor({ maximumPoints = 2_000 }: RunHistoryOptions = {}) {
    this.#maximumPoints = maximumPoints;
  }

  static of(events: Iterable<RunEvent>, options?: RunHistoryOptions): RunHistory {
    const history = new RunHistory(options);
    for (const event of events) history.add(event);
    return history;
  }

  /** Finished episodes that count, without re-recorded ones and with corrected labels. */
  get episodes(): readonly EpisodeEvent[] {
    return this.#episodes;
  }

  get evaluations(): readonly Evaluation[] {
    return this.#evaluations;
  }

  /** What every x counts: environment steps of all actors, or updates in a run without actors. */
  get unit(): ProgressUnit {
    return this.#count.unit;
  }

  /** The algorithm's metrics by name. */
  get training(): ReadonlyMap<string, Series> {
    return this.#training;
  }

  /** Optimisation steps per environment step since the run began. */
  get updatesPerStep(): Series {
    return this.#updatesPerStep;
  }

  add(event: RunEvent): void {
    const x = this.#count.at(event);
    switch (event.type) {
      case "run_started":
        this.#forgetAfter(x);
        break;
      case "episode":
        this.#addEpisode(event);
        break;
      case "training":
        for (const [name, y] of Object.entries(event.metrics)) {
          this.#training.set(name, this.#appended(this.#training.get(name) ?? [], { x, y }));
        }
        break;
      case "learner":
        this.#updatesPerStep = this.#appended(this.#updatesPerStep, { x, y: event.updates_per_step });
        break;
      case "evaluation":
        this.#evaluations.push({ x, report: event.report });
        break;
    }
  }

  #addEpisode(event: EpisodeEvent): void {
    const same = (other: EpisodeEvent) => other.actor === event.actor && other.episode === event.episode;
    const earlier = event.correction ? this.#episodes.findLastIndex(same) : -1;
    // A correction keeps the place, and so the step, of the episode.
    if (earlier >= 0) {
      const { interaction_step } = this.#episodes[earlier]!;
      const kept = !countsForPolicy(event.outcome) ? [] : [{ ...event, interaction_step }];
      this.#episodes.splice(earlier, 1, ...kept);
    } else if (countsForPolicy(event.outcome)) {
      this.#episodes.push(event);
    }
  }

  /** A resumed run repeats the steps after its checkpoint: the curves continue from there instead of doubling back. */
  #forgetAfter(step: number): void {
    const before = ({ x }: { x: number }) => x <= step;
    const episodes = this.#episodes.filter(({ interaction_step }) => interaction_step <= step);
    this.#episodes.splice(0, this.#episodes.length, ...episodes);
    this.#evaluations.splice(0, this.#evaluations.length, ...this.#evaluations.filter(before));
    for (const [name, series] of this.#training) this.#training.set(name, series.filter(before));
    this.#updatesPerStep = this.#updatesPerStep.filter(before);
  }

  /** Thins out only at twice the limit, so that adding a point has constant amortised cost. */
  #appended(series: Point[], point: Point): Point[] {
    series.push(point);
    return series.length < 2 * this.#maximumPoints ? series : [...downsample(series, this.#maximumPoints)];
  }
}
