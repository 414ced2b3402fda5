/** Runs a learner in its own process, with or without actors, and keeps the run's logs. */
import { Learner } from "../learning/learner.ts";
import type { LearnerOutcome, RunningLearner, StartLearnerOptions } from "../learning/learner_options.ts";
import { openRunFolder } from "../learning/run_folder/run_folder.ts";
import { recordRunFrom } from "../metrics/record_run.ts";
import { RunEvents } from "../metrics/run_events.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import type { TlsOptions } from "../transport/grpc/security.ts";
import type { Transport } from "../transport/transport.ts";
import type { EvaluationProgress } from "./evaluation/evaluate_checkpoint.ts";
import { InterimEvaluation } from "./evaluation/interim_evaluation.ts";
import { betweenProcesses } from "./run_transport.ts";
import { exportPolicy } from "./training_run/export_policy.ts";
import { type DemonstrationWatch, withDemonstrations, withRecorded } from "./training_run/record_run_demonstrations.ts";
import { requireUpload, uploadPolicy } from "./upload_policy.ts";

interface FollowRunOptions extends Pick<StartLearnerOptions, "config" | "signal"> {
  /** The run's events, which also go to its logs. */
  readonly events?: RunEvents;
  /** Demonstrations that the config asks for are recorded first, in simulation. */
  readonly onDemonstration?: (done: number, total: number) => void;
  /** Called before these demonstrations; returns their observers and stop switch. */
  readonly watchDemonstrations?: DemonstrationWatch;
}

export interface RunOfflineOptions extends FollowRunOptions {
  /** Called once, when the learner has begun. */
  readonly onReady?: (learner: Learner, people: OfflineControl) => void | Promise<void>;
  /** Called when an evaluation begins and after each episode; with undefined when it ends or fails. */
  readonly onEvaluation?: (progress: EvaluationProgress | undefined) => void;
}

/** Controls for people of a run without actors. */
export interface OfflineControl {
  /** During an evaluation the learner stays paused. */
  readonly learner: Pick<RunningLearner, "pause" | "resume" | "saveCheckpoint">;
  /** Absent if no evaluation can be made. One that reaches `handrail.solved` ends the run. */
  readonly evaluateNow?: () => Promise<void>;
}

export interface RunLearnerOptions extends FollowRunOptions {
  /** Called once, when the learner has begun. */
  readonly onReady?: (learner: Learner) => void | Promise<void>;
  /** Connects the actors. Default: `handrail.transport`. */
  readonly transport?: Transport;
  /** Secret shared with every actor; required beyond this machine. */
  readonly token?: string;
  readonly tls?: TlsOptions;
}

/**
 * Runs a learner until `policy.online_steps` are reached or the signal stops it, with everything saved. Events go to
 * `<output_dir>/run.jsonl` and `<output_dir>/tensorboard/`.
 *
 * @throws as `Learner.start` does, and if training fails.
 */
export async function runLearner(options: RunLearnerOptions): Promise<LearnerOutcome> {
  const { config } = options;
  if (config.handrail.pacing === "lockstep") {
    throw new Error(
      'handrail.pacing is "lockstep", which needs actor and learner in one process: choose another pacing',
    );
  }
  const configured = options.transport === undefined ? betweenProcesses(config, options) : undefined;
  return await run(options, {
    onReady: options.onReady,
    check: async () => configured?.requireFree(),
    transport: async () => options.transport ?? (await configured!.make()),
    finished: { ...FINISHED, steps: "policy.online_steps were taken" },
  });
}

/**
 * Trains on the config's `dataset`, without actors, until `steps` updates are made, an evaluation is passed
 * (`handrail.solved`) or the signal stops it, with everything saved. Logs and checkpoints are the same as in any run. The policy
 * is evaluated in simulation every `env_eval_freq` updates and after the last. If that is not possible, a notice says why.
 *
 * @throws as `Learner.start` does, and if training fails.
 */
export async function runOffline(options: RunOfflineOptions): Promise<LearnerOutcome> {
  const { dataset, handrail } = options.config;
  if (dataset === null && handrail.demonstrations.episodes === 0) {
    throw new Error(
      "dataset is null: without actors there is nothing else to learn from. Name one with --dataset.repo_id and " +
        "--dataset.root, or let the run record demonstrations in simulation with --handrail.demonstrations.episodes=20",
    );
  }
  const { config, events = new RunEvents(), onEvaluation: onProgress, onReady } = options;
  let evaluation: InterimEvaluation | undefined;
  try {
    return await run(
      { ...options, events },
      {
        prepare: async () => {
          evaluation = await InterimEvaluation.prepare({ config, events, onProgress });
          return evaluation;
        },
        onReady: async (learner) => {
          await onReady?.(learner, {
            learner: evaluation?.controlOf(learner) ?? learner,
            ...(evaluation && { evaluateNow: () => learner.evaluate() }),
          });
        },
        finished: { ...FINISHED, steps: "all updates are made" },
      },
    );
  } finally {
    await evaluation?.close();
  }
}

const FINISHED = { solved: "Solved: the policy does the task without help.", stopped: "stopped; everything is saved" };

interface Surroundings {
  /** Runs before slow work. @throws Error if the transport could not be made. */
  readonly check?: () => Promise<void>;
  readonly transport?: () => Promise<Transport>;
  /** Called after demonstrations are recorded. */
  readonly prepare?: () => Promise<InterimEvaluation | undefined>;
  readonly onReady?: ((learner: Learner) => void | Promise<void>) | undefined;
  /** Message per outcome. */
  readonly finished: Readonly<Record<LearnerOutcome, string>>;
}

async function run(options: FollowRunOptions, { check, transport: make, prepare, onReady, finished }: Surroundings) {
  const { config, events = new RunEvents(), signal, onDemonstration } = options;
  requireUpload(config);
  const folder = await openRunFolder(config);
  const recording = recordRunFrom(events);
  let interactionStep = 0;
  let checkpoint: string | undefined;
  const unsubscribe = events.subscribe((event) => {
    if (event.type === "checkpoint") checkpoint = event.folder;
  });
  const finish = (reason: LearnerOutcome | "failed", message: string) =>
    events.emit({ type: "run_finished", reason, message, interaction_step: interactionStep });
  try {
    await check?.();
    const transport = await make?.();
    const demonstrated = await withDemonstrations({
      config,
      signal,
      folder: folder.path,
      onEpisode: onDemonstration,
      watch: options.watchDemonstrations,
    });
    // A resumed run without actors has no buffer that holds its demonstrations.
    const hasOwn = transport === undefined && demonstrated.dataset === null;
    const evaluation = await prepare?.();
    const learner = await Learner.start({
      config: hasOwn ? withRecorded(demonstrated, folder.path) : demonstrated,
      events,
      folder,
      onBegin: () => recording.begin(folder.path),
      ...(transport && { transport }),
      ...(evaluation && { evaluation }),
      ...(signal && { signal }),
    });
    // The log records the start even if the process is killed later.
    await recording.flush().catch(() => {});
    await onReady?.(learner);
    const outcome = await learner.finished.finally(() => {
      interactionStep = learner.progress.interactionStep;
    });
    if (outcome !== "stopped" && checkpoint !== undefined && runSettingsOf(config).hub.push) {
      const policy = await exportPolicy({
        checkpoint,
        folder: folder.path,
        trainConfig: demonstrated,
        report: evaluation?.reportOf(checkpoint),
        ...(transport && { interactionSteps: interactionStep }),
      });
      const upload = await uploadPolicy(config, policy);
      if (upload) events.emit({ type: "notice", source: "learner", ...upload, interaction_step: interactionStep });
    }
    finish(outcome, finished[outcome]);
    return outcome;
  } catch (error) {
    finish("failed", (error as Error).message);
    throw error;
  } finally {
    unsubscribe();
    await recording.close();
    await folder.release();
  }
}
