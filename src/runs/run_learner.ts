/** A learner in a process of its own: serves actors, keeps the run's logs, ends when the run does. */

import { Learner, type LearnerOutcome, type StartLearnerOptions } from "../learning/learner.ts";
import { openRunFolder } from "../learning/run_folder/run_folder.ts";
import { recordRunFrom } from "../metrics/record_run.ts";
import { RunEvents } from "../metrics/run_events.ts";
import type { TlsOptions } from "../transport/grpc/security.ts";
import type { Transport } from "../transport/transport.ts";
import { betweenProcesses } from "./run_transport.ts";
import { withDemonstrations } from "./training_run/record_run_demonstrations.ts";

export interface RunLearnerOptions extends Pick<StartLearnerOptions, "config" | "signal"> {
  /** Where actors come from; by default what `handrail.transport` says. */
  readonly transport?: Transport;
  /** Shared with every actor; required beyond this machine. */
  readonly token?: string;
  readonly tls?: TlsOptions;
  /** Besides the run's logs, whoever wants to follow subscribes here. */
  readonly events?: RunEvents;
  /** Demonstrations that the config asks for are recorded first, in simulation. */
  readonly onDemonstration?: (done: number, total: number) => void;
  /** Told once, when actors can connect. */
  readonly onReady?: (learner: Learner) => void;
}

/**
 * Runs a learner until `policy.online_steps` are reached or the signal stops it, with everything saved. Events go to
 * `<output_dir>/run.jsonl` and `<output_dir>/tensorboard/`.
 *
 * @throws as `Learner.start` does, and when training fails.
 */
export async function runLearner(options: RunLearnerOptions): Promise<LearnerOutcome> {
  const { config, events = new RunEvents() } = options;
  const { onDemonstration, onReady } = options;
  if (config.handrail.pacing === "lockstep") {
    throw new Error(
      'handrail.pacing is "lockstep", which needs actor and learner in one process: choose another pacing',
    );
  }
  const configured = options.transport === undefined ? betweenProcesses(config, options) : undefined;
  const transport = options.transport ?? (await configured!.make());
  const folder = await openRunFolder(config);
  const recording = recordRunFrom(events);
  let interactionStep = 0;
  const finish = (reason: "steps" | "stopped" | "failed", message: string) =>
    events.emit({ type: "run_finished", reason, message, interaction_step: interactionStep });
  try {
    await configured?.requireFree();
    const demonstrated = await withDemonstrations({ ...options, folder: folder.path, onEpisode: onDemonstration });
    const onBegin = () => recording.begin(folder.path);
    const learner = await Learner.start({ ...options, config: demonstrated, transport, events, folder, onBegin });
    // From here on it may be killed: its log says at least that it was there.
    await recording.flush().catch(() => {});
    onReady?.(learner);
    const outcome = await learner.finished.finally(() => {
      interactionStep = learner.progress.interactionStep;
    });
    finish(outcome, outcome === "steps" ? "policy.online_steps were taken" : "stopped; everything is saved");
    return outcome;
  } catch (error) {
    finish("failed", (error as Error).message);
    throw error;
  } finally {
    await recording.close();
    await folder.release();
  }
}
