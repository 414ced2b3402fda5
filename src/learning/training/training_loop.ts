/**
 * Trains without pause, once resumed, and answers requests between two updates, each in its turn. It blocks its thread
 * while an update runs, so a learner that serves actors gives it a thread of its own.
 */
import { setImmediate } from "node:timers/promises";
import { runSettingsOf } from "../../settings/run_settings.ts";
import { DeadlineError, Notifier } from "../../utils/notifier.ts";
import { Turns } from "../../utils/turns.ts";
import { MeanMetrics } from "./mean_metrics.ts";
import type { TrainingCore } from "./training_core.ts";
import type {
  Training,
  TrainingProgress,
  TrainingReplies,
  TrainingReport,
  TrainingRequest,
} from "./training_messages.ts";
import { UpdateRateLimiter } from "./update_rate_limiter.ts";

/** Between two updates, images are encoded for as long as an update takes, or so long. */
const SHORT_TURN_MS = 20;
/** While there is nothing else to do, requests wait so long. */
const LONG_TURN_MS = 200;

export class TrainingLoop implements Training {
  readonly #core: TrainingCore;
  readonly #report: (report: TrainingReport) => void;
  readonly #evaluateEvery: number | undefined;
  readonly #limits: UpdateRateLimiter;
  readonly #pushIntervalMs: number;
  readonly #metrics = new MeanMetrics();
  readonly #changed = new Notifier();
  /** Ends when the update or request whose turn it is has ended. */
  readonly #turns = new Turns();
  /** Until its owner has opened: it could neither save nor log what came of training before. */
  #paused = true;
  #saving = false;
  #saveDue = false;
  #closed = false;
  #pushedStep = -1;
  #pushedAtMs = 0;
  #updateMs = 0;

  /** @param evaluateEvery Updates between two evaluations of a run without actors; one more follows the last update. */
  constructor(core: TrainingCore, report: (report: TrainingReport) => void, evaluateEvery?: number) {
    const { config } = core;
    const { warmUpSteps, weightsPushIntervalS } = runSettingsOf(config);
    this.#core = core;
    this.#report = report;
    this.#evaluateEvery = evaluateEvery;
    this.#limits = new UpdateRateLimiter(config.handrail.updates_per_step, warmUpSteps);
    this.#pushIntervalMs = 1000 * weightsPushIntervalS;
  }

  get progress(): TrainingProgress {
    const { step, interactionStep, onlineSize, offlineSize, quarantined } = this.#core;
    return { state: this.#state(), step, interactionStep, onlineSize, offlineSize, quarantined };
  }

  /** Resolves in turn: requests are answered in the order they were made. */
  ask<Request extends TrainingRequest>(request: Request): Promise<TrainingReplies[Request["type"]]> {
    return this.#turns.take(async () => {
      try {
        return (await this.#answer(request)) as TrainingReplies[Request["type"]];
      } finally {
        // Also after a request that failed: training waits for a checkpoint that could not be saved.
        this.#reportProgress();
        this.#changed.notify();
      }
    });
  }

  /** Trains until closed, as fast as the limits allow. @throws whatever an update throws. */
  async run(): Promise<void> {
    while (!this.#closed) {
      const encoded = await this.#turns.take(() => this.#encodeImages());
      const trained = await this.#turns.take(() => this.#trainOnce());
      // Requests that came during an update go first.
      await (trained || encoded ? setImmediate() : this.#idle());
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#changed.notify();
    await this.#turns.take(() => this.#core.dispose());
  }

  /** Waits for something to learn; actors get the weights of the last update meanwhile. */
  async #idle(): Promise<void> {
    const remainingMs = this.#pushedAtMs + this.#pushIntervalMs - performance.now();
    const isBehind = this.#core.step !== this.#pushedStep;
    try {
      await this.#changed.until(() => this.#mayTrain() || this.#mayEncode() || this.#closed || undefined, {
        what: "something to learn",
        deadlineS: isBehind ? Math.max(0, remainingMs / 1000) : undefined,
      });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      this.#pushWeights();
    }
  }

  async #answer(request: TrainingRequest): Promise<TrainingReplies[TrainingRequest["type"]]> {
    switch (request.type) {
      case "open":
        this.#pushWeights();
        return { runId: this.#core.runId, transportState: this.#core.transportState, progress: this.progress };
      case "transitions":
        return this.#core.addTransitions(request.records);
      case "relabel":
        return this.#core.relabel(request.relabel);
      case "train":
        return await this.#trainNow(request.updates);
      case "pause":
      case "resume":
        this.#paused = request.type === "pause";
        return undefined;
      case "score":
        await this.#core.setScore(request.score);
        return undefined;
      case "save":
        return await this.#save(request.transport);
    }
  }

  async #trainOnce(): Promise<boolean> {
    if (!this.#mayTrain()) return false;
    await this.#update();
    if (performance.now() - this.#pushedAtMs >= this.#pushIntervalMs) this.#pushWeights();
    this.#reportProgress();
    return true;
  }

  async #trainNow(updates: number): Promise<number> {
    let made = 0;
    await this.#core.encodeImages();
    while (made < updates && this.#core.warmedUp && !this.#core.isFinished && !this.#paused && !this.#saveDue) {
      const before = this.#core.step;
      await this.#update();
      made += this.#core.step - before;
    }
    this.#pushWeights();
    return made;
  }

  /** Stored images wait for their turn. So long as there is something to learn, they get half of the time. */
  async #encodeImages(): Promise<boolean> {
    if (!this.#mayEncode()) return false;
    await this.#core.encodeImages(this.#mayTrain() ? Math.max(SHORT_TURN_MS, this.#updateMs) : LONG_TURN_MS);
    return true;
  }

  async #update(): Promise<void> {
    const before = this.#core.step;
    const beganMs = performance.now();
    this.#metrics.add(await this.#core.train(1));
    this.#updateMs = performance.now() - beganMs;
    const { step, config } = this.#core;
    // An update that was undone: what is due at this step was done already.
    if (step === before) return;
    if (step % config.log_freq === 0) this.#report({ type: "metrics", step, metrics: this.#metrics.take() });
    const every = this.#evaluateEvery;
    const isEvaluationDue = every !== undefined && (step % every === 0 || this.#core.isFinished);
    if (isEvaluationDue || (config.save_checkpoint && step % config.save_freq === 0)) {
      this.#saveDue = true;
      this.#report({ type: isEvaluationDue ? "evaluation_due" : "save_due" });
    }
  }

  async #save(transport: Parameters<TrainingCore["save"]>[0]) {
    this.#saving = true;
    this.#reportProgress();
    try {
      return await this.#core.save(transport);
    } finally {
      // A save that failed is reported and tried again when the next one is due; training need not stop for it.
      this.#saving = false;
      this.#saveDue = false;
    }
  }

  #pushWeights(): void {
    const { step } = this.#core;
    if (step === this.#pushedStep) return;
    const isFirst = this.#pushedStep === -1;
    this.#pushedStep = step;
    this.#pushedAtMs = performance.now();
    const { safetensors, frozen } = this.#core.weightsInParts();
    this.#report({ type: "weights", version: step, safetensors, ...(isFirst && frozen && { frozen }) });
  }

  #reportProgress(): void {
    this.#report({ type: "progress", progress: this.progress });
  }

  #mayTrain(): boolean {
    return this.#state() === "training" && !this.#saveDue && !this.#closed;
  }

  #mayEncode(): boolean {
    return this.#core.waitingFrames > 0 && this.#state() !== "paused" && !this.#closed;
  }

  #state(): TrainingProgress["state"] {
    if (this.#saving) return "saving";
    if (this.#paused || this.#core.isFinished) return "paused";
    if (!this.#core.warmedUp) return "waiting";
    if (this.#core.isOffline) return "training";
    return this.#limits.learnerWaits(this.#core) ? "limited" : "training";
  }
}
