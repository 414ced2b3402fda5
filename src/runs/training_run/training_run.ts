/**
 * A whole run in one process: demonstrations, the learner and its thread, an actor, and evaluations, until the policy solves
 * the task without help.
 */
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { closeProcessedEnv } from "../../envs/processed_env.ts";
import { Learner } from "../../learning/learner.ts";
import { type OpenRunFolder, openRunFolder } from "../../learning/run_folder/run_folder.ts";
import { type RunRecording, recordRunFrom } from "../../metrics/record_run.ts";
import type { EvaluationReport, RunEventOf } from "../../metrics/run_event.ts";
import type { RunEvents } from "../../metrics/run_events.ts";
import type { ActorObserver } from "../../rollout/observer.ts";
import { startSeed } from "../../rollout/start_seed.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import type { Teleoperator } from "../../teleoperators/teleoperator.ts";
import { Random } from "../../tensor/random.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";
import {
  type EvaluationProgress,
  evaluateCheckpoint,
  FIRST_EVALUATION_SEED,
} from "../evaluation/evaluate_checkpoint.ts";
import { closeEnvs, makeEnvsSideBySide } from "../evaluation/side_by_side.ts";
import { type ActorHandle, makeActor } from "../make_actor.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../make_processed_env.ts";
import { requireTeleoperator } from "../make_teleoperator.ts";
import { withinOneProcess } from "../run_transport.ts";
import { requireUpload, uploadPolicy } from "../upload_policy.ts";
import { exportPolicy } from "./export_policy.ts";
import { LearnerPause } from "./learner_pause.ts";
import { type DemonstrationWatch, withDemonstrations } from "./record_run_demonstrations.ts";
import { SolveCheck } from "./solve_check.ts";

export interface StartTrainingOptions {
  /** `output_dir` must be set. `resume` continues the run in that folder. */
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  /** Teleoperators of people. They take precedence over the scripted operator. */
  readonly teleoperators?: (env: ConfiguredEnv) => readonly Teleoperator[];
  readonly observers?: (env: ConfiguredEnv) => readonly ActorObserver[];
  /** Ends the run, with everything saved. */
  readonly signal?: AbortSignal;
  /** Called before the run's own demonstrations; returns their observers and stop switch. */
  readonly watchDemonstrations?: DemonstrationWatch;
  readonly onDemonstration?: (done: number, total: number) => void;
  /** Called when an evaluation begins and after each episode; with undefined when it ends or fails. */
  readonly onEvaluation?: (progress: EvaluationProgress | undefined) => void;
}

export interface TrainingOutcome {
  /** The reason, as a sentence. */
  readonly message: string;
  /** `steps`: the run has reached `policy.online_steps` without passing an evaluation. */
  readonly reason: "solved" | "steps" | "stopped";
  /** Report of the policy; undefined if the run was stopped before its evaluation. */
  readonly report: EvaluationReport | undefined;
  /** Folder of the exported policy, taken from the last checkpoint. */
  readonly policy: string;
}

const FLUSH_DEADLINE_S = 10;

const ENDINGS: Readonly<Record<TrainingOutcome["reason"], string>> = {
  solved: "Solved: the policy does the task without help.",
  steps: "All steps are done; the policy did not pass its evaluation.",
  stopped: "Stopped; everything is saved.",
};

export class TrainingRun {
  readonly config: TrainRLServerPipelineConfig;
  readonly learner: Learner;
  readonly made: ActorHandle;
  readonly #options: StartTrainingOptions;
  readonly #log: RunRecording;
  readonly #folder: OpenRunFolder;
  readonly #endpoint: ActorEndpoint;
  readonly #check: SolveCheck | undefined;
  readonly #learnerPause: LearnerPause;
  #evaluationEnvs: readonly ConfiguredEnv[] = [];
  /** Never rejects. */
  #evaluating: Promise<unknown> | undefined;
  #solution: EvaluationReport | undefined;
  #checkpoint = "";

  private constructor(
    options: StartTrainingOptions,
    parts: {
      config: TrainRLServerPipelineConfig;
      log: RunRecording;
      folder: OpenRunFolder;
      learner: Learner;
      endpoint: ActorEndpoint;
      made: ActorHandle;
    },
  ) {
    this.#options = options;
    this.config = parts.config;
    this.learner = parts.learner;
    this.#learnerPause = new LearnerPause(parts.learner);
    this.made = parts.made;
    this.#log = parts.log;
    this.#folder = parts.folder;
    this.#endpoint = parts.endpoint;
    const { solved } = parts.config.handrail;
    if (solved !== null) {
      this.#check = new SolveCheck({ window: solved.window_episodes, successRate: solved.window_success_rate });
    }
  }

  /**
   * Records demonstrations if the config asks for them, and starts the learner.
   *
   * @throws Error or ConfigError if a part of the config cannot be made; then nothing stays open. The signal's reason if it
   *   stops the demonstrations.
   */
  static async start(options: StartTrainingOptions): Promise<TrainingRun> {
    const { events, observers, teleoperators, watchDemonstrations: watch, signal } = options;
    if (!options.config.save_checkpoint) {
      throw new Error(
        "save_checkpoint is false, but a run needs checkpoints for its evaluations and its policy: set it to true",
      );
    }
    requireTeleoperator(options.config);
    requireUpload(options.config);
    const opened: (() => Promise<unknown>)[] = [];
    try {
      const configured = withinOneProcess(options.config);
      const folder = await openRunFolder(options.config);
      opened.unshift(() => folder.release());
      const env = await makeProcessedEnv(options.config);
      opened.unshift(() => closeProcessedEnv(env));
      await configured.requireFree();
      const log = recordRunFrom(events);
      opened.unshift(() => log.close());
      const config = await withDemonstrations({
        config: options.config,
        folder: folder.path,
        env,
        signal,
        watch,
        onEpisode: options.onDemonstration,
      });
      const transport = await configured.make();
      const lockstep = config.handrail.pacing === "lockstep";
      const seed = config.seed ?? randomInt(2 ** 47);
      const saved = new Random(seed);
      const learner = await Learner.start({
        config,
        transport,
        events,
        folder,
        reportActors: false,
        onBegin: () => log.begin(folder.path),
        ...(lockstep && { generators: { actor: saved } }),
      });
      opened.unshift(() => learner.stop());
      // The log records the start even if the process is killed later.
      await log.flush().catch(() => {});
      const endpoint = await transport.createActor({ outbox: { directory: join(folder.path, "outbox") } });
      opened.unshift(() => endpoint.close(0));
      const behind = endpoint.metrics().transitions.last;
      const random = lockstep ? saved : new Random(startSeed(seed, behind));
      const made = await makeActor({
        config,
        endpoint,
        events,
        processedEnv: env,
        random,
        stepsTaken: learner.progress.interactionStep,
        ...(teleoperators && { teleoperators: teleoperators(env) }),
        ...(observers && { observers: observers(env) }),
        ...(signal && { signal }),
        ...(lockstep && { afterStep: () => learnInTurn(learner, endpoint, config) }),
      });
      return new TrainingRun(options, { config, log, folder, learner, endpoint, made });
    } catch (error) {
      for (const close of opened) await close().catch(() => {});
      throw error;
    }
  }

  /**
   * Trains until the task is solved, the steps are done or the signal aborts; then saves and closes everything.
   *
   * @throws Error if training or the environment fails; checkpoints are kept.
   */
  async run(): Promise<TrainingOutcome> {
    const { actor } = this.made;
    const unsubscribe = this.#options.events.subscribe((event) => {
      if (event.type === "checkpoint") this.#checkpoint = event.folder;
      else if (event.type === "episode" && this.#check?.add(event)) this.#evaluateForSolution(this.#check);
    });
    let learning = true;
    this.learner.finished
      .catch(() => {})
      .finally(() => {
        learning = false;
        actor.stop();
      });
    try {
      const { reason } = await actor.run();
      await this.#evaluating;
      if (learning) await this.#sendTheRest();
      await this.learner.stop();
      if (this.#solution !== undefined) return await this.#outcome("solved", this.#solution);
      return await this.#outcome(reason, reason === "steps" ? await this.#evaluate(this.#checkpoint) : undefined);
    } catch (error) {
      await this.learner.stop().catch(noop);
      this.#finish("failed", error instanceof Error ? error.message : String(error));
      throw error;
    } finally {
      unsubscribe();
      await this.#close();
    }
  }

  /** The learner's controls for people. During an evaluation it stays paused. */
  get learnerControl(): Pick<Learner, "pause" | "resume" | "saveCheckpoint"> {
    return {
      pause: () => this.#learnerPause.pause(),
      resume: () => this.#learnerPause.resume(),
      saveCheckpoint: () => this.learner.saveCheckpoint(),
    };
  }

  /**
   * Evaluates the latest weights while actor and learner are paused: in separate environments, or, on a real machine, in the
   * actor's environment after the current episode.
   *
   * @throws Error while another evaluation is running.
   */
  async evaluate(): Promise<EvaluationReport> {
    if (this.#evaluating !== undefined) throw new Error("an evaluation is already running: wait for its report");
    const evaluating = this.#evaluatePaused();
    this.#evaluating = evaluating.then(noop, noop);
    try {
      return await evaluating;
    } finally {
      this.#evaluating = undefined;
    }
  }

  /** Evaluates for `handrail.solved`: stops early once it cannot be passed; passing it ends the run. */
  #evaluateForSolution(check: SolveCheck): void {
    if (this.#evaluating !== undefined) return;
    const { success_rate } = this.config.handrail.solved!;
    const evaluating = this.#evaluatePaused(success_rate);
    this.#evaluating = evaluating.then(noop, (error: Error) => this.#warn(`the evaluation failed: ${error.message}`));
    this.#evaluating.finally(() => {
      this.#evaluating = undefined;
      if (this.#solution === undefined) check.postpone();
      else this.made.actor.stop();
    });
  }

  async #evaluatePaused(neededSuccessRate?: number): Promise<EvaluationReport> {
    const { actor } = this.made;
    const release = this.#isPhysical ? await actor.standBetweenEpisodes() : actor.keepStill();
    try {
      await this.#learnerPause.keepStill();
      const { folder } = await this.learner.saveCheckpoint();
      const report = await this.#evaluate(folder, neededSuccessRate);
      await this.learner.setScore(report.success_rate);
      const isWhole = report.episodes === this.config.eval.n_episodes;
      if (neededSuccessRate !== undefined && isWhole && report.success_rate >= neededSuccessRate)
        this.#solution = report;
      return report;
    } finally {
      // The final weights are the ones that passed: nothing is learned after a solution.
      if (this.#solution === undefined) {
        await this.#learnerPause.release();
        release();
      }
    }
  }

  /** A failure here does not fail the run: the last records stay in the outbox for a resumed run. */
  async #sendTheRest(): Promise<void> {
    await this.learner.drain();
    await this.#endpoint
      .flush(FLUSH_DEADLINE_S)
      .catch((error: Error) => this.#warn(`at the end of the run: ${error.message}`));
  }

  async #evaluate(checkpoint: string, neededSuccessRate?: number): Promise<EvaluationReport> {
    const { events, signal, onEvaluation } = this.#options;
    const { n_episodes } = this.config.eval;
    const { interactionStep } = this.learner.progress;
    if (this.#evaluationEnvs.length === 0 && !this.#isPhysical) {
      this.#evaluationEnvs = await makeEnvsSideBySide(this.config, n_episodes);
    }
    try {
      const report = await evaluateCheckpoint(checkpoint, {
        ...(this.#isPhysical
          ? { processedEnvs: [this.made.processedEnv], pacingHz: envSettingsOf(this.config).fps }
          : { processedEnvs: this.#evaluationEnvs }),
        episodes: n_episodes,
        device: this.config.handrail.device,
        seed: FIRST_EVALUATION_SEED + interactionStep * n_episodes,
        stopSwitch: this.made.actor.stopSwitch,
        ...(neededSuccessRate !== undefined && { neededSuccessRate }),
        ...(onEvaluation && { onProgress: onEvaluation }),
        ...(signal && { signal }),
      });
      events.emit({ type: "evaluation", report, interaction_step: interactionStep });
      return report;
    } finally {
      onEvaluation?.(undefined);
    }
  }

  async #outcome(reason: TrainingOutcome["reason"], report: EvaluationReport | undefined): Promise<TrainingOutcome> {
    const policy = await exportPolicy({
      checkpoint: this.#checkpoint,
      folder: this.learner.folder.path,
      trainConfig: this.config,
      report,
      interactionSteps: this.learner.progress.interactionStep,
    });
    // A stopped run may be resumed: its policy is not final.
    const upload = reason === "stopped" ? undefined : await uploadPolicy(this.config, policy);
    if (upload !== undefined) this.#notice(upload.level, upload.message);
    this.#finish(reason, ENDINGS[reason]);
    return { reason, message: ENDINGS[reason], report, policy };
  }

  #finish(reason: RunEventOf<"run_finished">["reason"], message: string): void {
    const interaction_step = this.learner.progress.interactionStep;
    this.#options.events.emit({ type: "run_finished", reason, message, interaction_step });
  }

  get #isPhysical(): boolean {
    return envSettingsOf(this.config).isPhysical === true;
  }

  #warn(message: string): void {
    this.#notice("warn", message);
  }

  #notice(level: "info" | "warn", message: string): void {
    const interaction_step = this.learner.progress.interactionStep;
    this.#options.events.emit({ type: "notice", level, source: "train", message, interaction_step });
  }

  async #close(): Promise<void> {
    await this.#endpoint.close(0);
    await this.made.close();
    await closeProcessedEnv(this.made.processedEnv);
    await closeEnvs(this.#evaluationEnvs);
    await this.#log.close();
    await this.#folder.release();
  }
}

function noop(): void {}

/** Lockstep: the learner receives everything and updates before the next step. @returns the version of its weights. */
async function learnInTurn(learner: Learner, endpoint: ActorEndpoint, config: TrainRLServerPipelineConfig) {
  await endpoint.flush(FLUSH_DEADLINE_S);
  await learner.train(config.handrail.updates_per_step.min ?? 1);
  return learner.progress.step;
}
