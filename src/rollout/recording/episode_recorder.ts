/**
 * Keeps what an actor does as a dataset, from when a person wants it until no longer: whole episodes, of exactly what the
 * learner gets, so that they serve as demonstrations of another run.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DatasetRecorder } from "../../datasets/writing/dataset_recorder.ts";
import type { CreateDatasetOptions } from "../../datasets/writing/dataset_writer_options.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { replayFeaturesOf } from "../../settings/replay_features.ts";
import type { ActorObserver, ActorStep, EpisodeEnd, EpisodeStart } from "../observer.ts";
import { datasetFeatures, taskText } from "./recording.ts";

/** In the run's folder. */
export const RECORDED_EPISODES = "recorded_episodes";

export class EpisodeRecorder implements ActorObserver {
  /** Folder of the dataset. */
  readonly root: string;
  readonly #dataset: CreateDatasetOptions;
  readonly #task: string;
  #recorder: DatasetRecorder | undefined;
  /** The episode that is being recorded began after recording did. */
  #isWithin = false;
  /** Seed of that episode. */
  #seed: number | undefined;
  /** Everything that was handed to the recorder's thread. */
  #pending: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  /** @throws Error for a run without `output_dir`. */
  constructor(config: TrainRLServerPipelineConfig) {
    if (config.output_dir === null) throw new Error("episodes are recorded in the run's folder: set output_dir");
    const settings = envSettingsOf(config);
    const { fps, task, elementNames } = settings;
    this.root = join(config.output_dir, RECORDED_EPISODES);
    this.#task = taskText(settings);
    this.#dataset = {
      root: this.root,
      fps: Math.round(fps),
      features: datasetFeatures(replayFeaturesOf(config), "image", elementNames),
      ...(task !== null && { robotType: task }),
    };
  }

  /**
   * Records from the next episode on, after those of an earlier recording in this run.
   *
   * @throws Error when the dataset can't be written.
   */
  async start(): Promise<void> {
    if (this.#recorder) return;
    const { root } = this;
    this.#failure = undefined;
    this.#recorder = existsSync(root)
      ? await DatasetRecorder.resume({ root })
      : await DatasetRecorder.create(this.#dataset);
  }

  /**
   * Closes the dataset, without the episode in progress. Does nothing when no recording is open.
   *
   * @returns episodes in the dataset.
   * @throws Error when some of them could not be recorded.
   */
  async stop(): Promise<number> {
    const recorder = this.#recorder;
    if (recorder === undefined) return 0;
    this.#recorder = undefined;
    this.#isWithin = false;
    await this.#pending;
    await recorder.discardEpisode();
    const { episodes } = recorder;
    await recorder.close();
    if (this.#failure !== undefined) throw this.#failure;
    return episodes;
  }

  onEpisodeStart({ seed }: Pick<EpisodeStart, "seed">): void {
    this.#seed = seed;
    this.#isWithin = this.#recorder !== undefined;
  }

  onStep({ experience }: ActorStep): void {
    const recorder = this.#recorder;
    if (recorder && this.#isWithin) this.#keep(recorder.recordStep(experience, this.#task));
  }

  onEpisodeEnd({ outcome }: EpisodeEnd): void {
    if (!this.#recorder || !this.#isWithin) return;
    this.#isWithin = false;
    const start = this.#seed === undefined ? undefined : { seed: this.#seed, resets: 0 };
    this.#keep(outcome === "rerecorded" ? this.#recorder.discardEpisode() : this.#recorder.saveEpisode({ start }));
  }

  /** The control loop does not wait; failures are reported when recording ends. */
  #keep(work: Promise<unknown>): void {
    this.#pending = Promise.all([this.#pending, work]).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }
}
