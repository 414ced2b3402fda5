/**
 * The learner: serves actors or reads a dataset, trains in a thread of its own, publishes weights, saves, reports. The main
 * thread only passes messages on, so actors are answered at once however long an update takes.
 */
import { loadedPlugins } from "../algorithms/plugins.ts";
import type { UncountedRunEvent, UntimedRunEvent } from "../metrics/run_event.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { replayFeaturesOf } from "../settings/replay_features.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import type { LearnerEndpoint } from "../transport/transport.ts";
import { DiskSpace } from "../utils/files/disk_space.ts";
import { TokenBuckets } from "../utils/token_bucket.ts";
import { packageVersion } from "../utils/version.ts";
import { IngestQueue } from "./ingest/ingest_queue.ts";
import { Reception } from "./ingest/reception.ts";
import { learnerEvent } from "./learner_event.ts";
import type { LearnerEvaluation, LearnerOutcome, RunningLearner, StartLearnerOptions } from "./learner_options.ts";
import { type OpenRunFolder, openRunFolder, type RunFolder } from "./run_folder/run_folder.ts";
import type { SavedCheckpoint } from "./training/training_core.ts";
import {
  INITIAL_PROGRESS,
  type OpenedRun,
  type Training,
  type TrainingProgress,
  type TrainingReport,
} from "./training/training_messages.ts";
import { startTraining } from "./training/training_thread.ts";
import { UpdateRateLimiter } from "./training/update_rate_limiter.ts";
import { WeightsPublisher } from "./weights_publisher.ts";

const REPORT_INTERVAL_MS = 1000;
const TRANSPORT_NOTICE_RATE = { burst: 100, perSecond: 1 };

export class Learner implements RunningLearner {
  readonly folder: RunFolder;
  /** Resolves once everything is saved and closed. Rejects when training failed, or the last checkpoint could not be saved. */
  readonly finished: Promise<LearnerOutcome>;
  readonly #openFolder: OpenRunFolder;
  readonly #ownsFolder: boolean;
  readonly #config: TrainRLServerPipelineConfig;
  readonly #isOffline: boolean;
  readonly #evaluation: LearnerEvaluation | undefined;
  readonly #onlineSteps: number;
  readonly #events: RunEvents;
  readonly #training: Training;
  readonly #intake: IngestQueue;
  readonly #reception: Reception;
  readonly #disk: DiskSpace;
  // Set before `start` hands the learner out.
  #run!: OpenedRun;
  #endpoint: LearnerEndpoint | undefined;
  #progress: TrainingProgress = INITIAL_PROGRESS;
  readonly #weights = new WeightsPublisher();
  #dueCheckpoint: Promise<void> = Promise.resolve();
  /** Never rejects. */
  #evaluating: Promise<void> | undefined;
  readonly #over = new AbortController();
  /** News of the training from before the start. */
  readonly #earlyNews: string[] = [];
  #savedStep: number | undefined;
  #draining = false;
  #timer: NodeJS.Timeout | undefined;
  #lastReport = { timeMs: 0, step: 0 };
  /** By code: strangers cause them. */
  readonly #transportNotices = new TokenBuckets(TRANSPORT_NOTICE_RATE, 64);
  #ending: Promise<LearnerOutcome> | undefined;
  #resolveFinished: (outcome: LearnerOutcome | Promise<LearnerOutcome>) => void = () => {};

  private constructor(options: StartLearnerOptions, openFolder: OpenRunFolder) {
    const { config, events, generators = {}, reportActors = true, evaluation } = options;
    const { onlineSteps, warmUpSteps } = runSettingsOf(config);
    const offline = options.transport === undefined;
    // Lockstep needs an actor to take turns with.
    const lockstep = config.handrail.pacing === "lockstep" && !offline;
    const folder: RunFolder = { path: openFolder.path, resumeFrom: openFolder.resumeFrom };
    this.folder = folder;
    this.#openFolder = openFolder;
    this.#disk = new DiskSpace(folder.path);
    this.#ownsFolder = options.folder === undefined;
    this.#config = config;
    this.#isOffline = offline;
    this.#evaluation = evaluation;
    this.#onlineSteps = onlineSteps;
    this.#events = events;
    const limits = new UpdateRateLimiter(config.handrail.updates_per_step, warmUpSteps);
    this.#intake = new IngestQueue((queued) => {
      const { step, interactionStep } = this.#progress;
      return !lockstep && !this.#draining && limits.actorsWait({ step, interactionStep: interactionStep + queued });
    });
    const training = {
      config,
      folder,
      offline,
      generators,
      plugins: loadedPlugins(),
      ...(evaluation && { evaluateEvery: evaluation.everyUpdates }),
    };
    this.#training = startTraining(training, lockstep, {
      onReport: (report) => this.#onReport(report),
      onFailure: (error) => this.#fail(error),
    });
    this.#reception = new Reception({
      features: replayFeaturesOf(config),
      training: this.#training,
      intake: this.#intake,
      ...(reportActors && { emit: (event) => this.#emit(event) }),
      onFailure: (error) => this.#fail(error),
    });
    this.finished = new Promise((resolve) => {
      this.#resolveFinished = resolve;
    });
    this.finished.catch(() => {}); // the caller awaits it
  }

  /**
   * Starts serving. A new run is saved once before the first transition, so that from then on nothing can be lost.
   *
   * With `handrail.pacing` "lockstep" the learner trains in this thread, and only in `train`; otherwise in a thread of its
   * own, as fast as `handrail.updates_per_step` allows.
   *
   * @throws Error for a folder that holds another run or a config that does not fit the run to resume;
   * CheckpointError when there is nothing to resume; whatever makes the transport or the training fail to start.
   */
  static async start(options: StartLearnerOptions): Promise<Learner> {
    if (options.generators !== undefined && options.config.handrail.pacing !== "lockstep") {
      throw new TypeError('generators are saved in lockstep only: set handrail.pacing to "lockstep"');
    }
    options.signal?.throwIfAborted();
    const learner = new Learner(options, options.folder ?? (await openRunFolder(options.config)));
    try {
      await learner.#open(options);
    } catch (error) {
      await learner.#close();
      throw error;
    }
    return learner;
  }

  /** Names the run, over all its processes. */
  get runId(): string {
    return this.#run.runId;
  }

  /** The address for actors. @throws Error for a run without actors. */
  get address(): string {
    if (this.#endpoint === undefined) throw new Error("a learner without actors has no address");
    return this.#endpoint.address;
  }

  get progress(): TrainingProgress {
    return this.#progress;
  }

  async pause(): Promise<void> {
    await this.#training.ask({ type: "pause" });
  }

  async resume(): Promise<void> {
    await this.#training.ask({ type: "resume" });
  }

  /** Makes no more updates and takes all records that actors still send: some of them would wait for updates for ever. */
  async drain(): Promise<void> {
    await this.pause();
    this.#draining = true;
    this.#intake.recheck();
  }

  async setScore(score: number): Promise<void> {
    await this.#training.ask({ type: "score", score });
  }

  /**
   * In lockstep: makes updates now, on everything that actors have flushed, and publishes the weights. None are made during
   * the warm-up or while paused.
   *
   * @returns updates made.
   * @throws Error in another pacing; TrainingDivergedError.
   */
  async train(updates: number): Promise<number> {
    if (this.#config.handrail.pacing !== "lockstep")
      throw new Error("the learner already trains on its own; train() is for lockstep");
    let made = 0;
    while (made < updates) {
      const more = await this.#training.ask({ type: "train", updates: updates - made });
      await this.#dueCheckpoint;
      made += more;
      if (more === 0) break;
    }
    return made;
  }

  /** Saves the run now, and lets actors forget what is saved. Transitions that arrive meanwhile wait. */
  async saveCheckpoint(): Promise<SavedCheckpoint> {
    const endpoint = this.#endpoint;
    if (endpoint === undefined) return this.#reportSaved(await this.#training.ask({ type: "save", transport: null }));
    // Posted while no handler runs, the request stands behind exactly those records that the state counts.
    const { transport, saving } = await this.#intake.bypassWhile(() =>
      endpoint.capture((transport) => ({ transport, saving: this.#training.ask({ type: "save", transport }) })),
    );
    const saved = await saving;
    endpoint.acknowledge(transport);
    return this.#reportSaved(saved);
  }

  /**
   * Evaluates the policy now, or joins the evaluation in progress. Passing it may end the run.
   *
   * @throws Error without `StartLearnerOptions.evaluation`.
   */
  async evaluate(): Promise<void> {
    const evaluation = this.#evaluation;
    if (evaluation === undefined) throw new Error("this run makes no evaluations: set env and env_eval_freq");
    if (this.#ending !== undefined) return;
    this.#evaluating ??= this.#evaluate(evaluation);
    await this.#evaluating;
  }

  async #evaluate(evaluation: LearnerEvaluation): Promise<void> {
    let isSolved = false;
    try {
      isSolved = await evaluation.evaluate(this, this.#over.signal);
    } catch (error) {
      const { message } = error as Error;
      if (this.#ending === undefined) this.#notice("warn", "evaluation", `the evaluation failed: ${message}`);
    }
    this.#evaluating = undefined;
    return isSolved ? this.#end("solved") : this.#endWhenDone();
  }

  #reportSaved(saved: SavedCheckpoint): SavedCheckpoint {
    const { folder, step, durationS } = saved;
    this.#savedStep = step;
    this.#emit({ type: "checkpoint", step, folder, duration_s: durationS });
    return saved;
  }

  /** Saves everything and closes. */
  async stop(): Promise<void> {
    this.#end("stopped");
    await this.finished;
  }

  async #open({ transport, signal, onBegin }: StartLearnerOptions): Promise<void> {
    this.#run = await this.#training.ask({ type: "open" });
    this.#progress = this.#run.progress;
    const { save_checkpoint } = this.#config;
    this.#endpoint = await transport?.createLearner({
      onTransitions: (received) => this.#reception.takeTransitions(received),
      onInteractions: (received) => this.#reception.takeInteractions(received),
      acknowledgeWhen: save_checkpoint ? "checkpoint" : "taken",
      runId: this.runId,
      ...(this.#run.transportState === null ? {} : { state: this.#run.transportState }),
      onEvent: ({ level, code, message }) => {
        if (this.#transportNotices.of(code).tryTake()) this.#notice(level, "transport", message);
        else this.#reception.leaveOut(1, `the transport, ${code}`);
      },
    });
    await this.#openFolder.begin();
    await onBegin?.();
    this.#emit({
      type: "run_started",
      run_id: this.runId,
      version: packageVersion(),
      config: this.#config,
      resumed_from: this.folder.resumeFrom,
      ...(this.#isOffline && { offline_step: this.#progress.step }),
    });
    if (this.#endpoint !== undefined) this.#weights.begin(this.#endpoint);
    if (save_checkpoint && this.folder.resumeFrom === null) await this.saveCheckpoint();
    await this.resume();
    this.#lastReport = { ...this.#lastReport, timeMs: performance.now(), step: this.#progress.step };
    this.#timer = setInterval(() => this.#reportLearner(), REPORT_INTERVAL_MS);
    for (const message of this.#earlyNews) this.#notice("info", "training", message);
    signal?.addEventListener("abort", () => this.#end("stopped"), { once: true });
    if (signal?.aborted) this.#end("stopped");
    this.#endWhenDone();
  }

  #onReport(report: TrainingReport): void {
    switch (report.type) {
      case "progress":
        this.#progress = report.progress;
        this.#intake.recheck();
        this.#endWhenDone();
        return;
      case "metrics":
        this.#emit({ type: "training", step: report.step, metrics: { ...report.metrics } });
        return;
      case "weights":
        this.#weights.publish(report);
        return;
      case "save_due":
        this.#dueCheckpoint = this.#saveDueCheckpoint();
        return;
      case "evaluation_due":
        void this.evaluate();
        return;
      case "notice":
        // A run's log begins with its start. Warnings are shown even if it never starts.
        if (report.level === "info" && this.#timer === undefined) this.#earlyNews.push(report.message);
        else this.#notice(report.level, "training", report.message);
    }
  }

  async #saveDueCheckpoint(): Promise<void> {
    try {
      await this.saveCheckpoint();
    } catch (error) {
      if (this.#ending !== undefined) return;
      const { save_freq } = this.#config;
      const message = `a checkpoint could not be saved: ${(error as Error).message}. The next attempt is in ${save_freq} updates`;
      this.#notice("error", "learner", message);
    }
  }

  #reportLearner(): void {
    this.#disk.refresh();
    const since = this.#lastReport;
    this.#lastReport = { timeMs: performance.now(), step: this.#progress.step };
    for (const message of this.#reception.news()) this.#notice("warn", "learner", message);
    this.#emit(
      learnerEvent({
        progress: this.#progress,
        isOver: this.#ending !== undefined,
        isOffline: this.#isOffline,
        seconds: (this.#lastReport.timeMs - since.timeMs) / 1000,
        updates: this.#lastReport.step - since.step,
        queuedRecords: this.#intake.records,
        refusedRecords: this.#reception.refusedTransitions,
        transport: this.#endpoint?.metrics(),
        freeDiskBytes: this.#disk.freeBytes,
      }),
    );
  }

  #fail(error: Error): void {
    if (this.#ending !== undefined) return;
    const saved = this.#config.save_checkpoint ? "Its last checkpoint is whole: continue from it with resume=true" : "";
    const failure = new Error(`training has failed: ${error.message}. ${saved}`.trim(), { cause: error });
    this.#notice("error", "learner", failure.message);
    this.#over.abort();
    this.#ending = this.#close().then(() => {
      throw failure;
    });
    this.#resolveFinished(this.#ending);
  }

  #endWhenDone(): void {
    const { step, interactionStep } = this.#progress;
    const isDone = this.#isOffline ? step >= this.#config.steps : interactionStep >= this.#onlineSteps;
    // After the last update comes an evaluation.
    if (isDone && this.#timer !== undefined && this.#evaluating === undefined) this.#end("steps");
  }

  #end(outcome: LearnerOutcome): void {
    if (this.#ending !== undefined) return;
    this.#over.abort();
    this.#ending = (async () => {
      try {
        await this.#evaluating;
        await this.pause();
        await this.#dueCheckpoint;
        // Without actors nothing has changed since an evaluation saved.
        const isSaved = this.#isOffline && this.#savedStep === this.#progress.step;
        if (this.#config.save_checkpoint && !isSaved) await this.saveCheckpoint();
      } finally {
        await this.#close();
      }
      return outcome;
    })();
    this.#resolveFinished(this.#ending);
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    if (this.#timer !== undefined) this.#reportLearner();
    // Records that handlers still pass on are no longer saved: the actors keep them for the next learner.
    await this.#intake.bypassWhile(async () => this.#endpoint?.close());
    await this.#training.close();
    if (this.#ownsFolder) await this.#openFolder.release();
  }

  #emit(event: UncountedRunEvent): void {
    this.#events.emit({ interaction_step: this.#progress.interactionStep, ...event } as UntimedRunEvent);
  }

  #notice(level: "info" | "warn" | "error", source: string, message: string): void {
    this.#emit({ type: "notice", level, source, message });
  }
}
