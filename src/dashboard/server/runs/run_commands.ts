/** Executes the commands of the person in control. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Capability, RunCommand } from "../../protocol.ts";
import type { EpisodeRecordings } from "../episodes/episode_recordings.ts";
import type { DashboardRun } from "./run.ts";

export interface CommandTargets {
  readonly run: Pick<DashboardRun, "actions" | "status">;
  readonly recordings: EpisodeRecordings | undefined;
}

/** The capabilities of this run. */
export function capabilitiesOf({ actions, teleoperator, mode, folder }: DashboardRun): Capability[] {
  if (mode === "review") return [];
  const carried: Record<Capability, boolean> = {
    drive: teleoperator !== undefined,
    stop: actions.stop !== undefined,
    actor: actions.actor !== undefined,
    learner: actions.learner !== undefined,
    evaluation: actions.evaluation !== undefined,
    operator: actions.operator !== undefined,
    labels: actions.labels !== undefined,
    recording: folder !== undefined,
    pacing: actions.pace !== undefined,
  };
  return (Object.keys(carried) as Capability[]).filter((capability) => carried[capability]);
}

/** Commands that share a lane exclude each other; any other command excludes only itself. */
const LANES: Partial<Record<RunCommand["name"], string>> = {
  start_recording: "recording",
  stop_recording: "recording",
  pause_actor: "actor",
  resume_actor: "actor",
  pause_learner: "learner",
  resume_learner: "learner",
};

export class RunCommands {
  readonly #targets: CommandTargets;
  readonly #busy = new Set<string>();

  constructor(targets: CommandTargets) {
    this.#targets = targets;
  }

  /**
   * @param onBegun called before the result, unless the run refuses immediately.
   * @returns the result as a message for the page.
   * @throws Error if the run lacks the capability, the command fails, or one of its lane is running.
   */
  async carryOut(command: RunCommand, onBegun: () => void): Promise<string> {
    const lane = LANES[command.name] ?? command.name;
    if (this.#busy.has(lane)) throw new Error("Already in progress: wait for its result.");
    this.#busy.add(lane);
    try {
      const result = carryOut(command, this.#targets);
      await Promise.race([result, nextTurn()]);
      onBegun();
      return await result;
    } finally {
      this.#busy.delete(lane);
    }
  }
}

/** @throws Error if the run lacks the capability or the command fails. */
async function carryOut(command: RunCommand, { run, recordings }: CommandTargets): Promise<string> {
  const { actions } = run;
  switch (command.name) {
    case "pause_actor":
      await needed(actions.actor, "pausing the robot").pause();
      return "The robot is paused.";
    case "resume_actor":
      await needed(actions.actor, "pausing the robot").resume();
      return `The robot resumes${onceEvaluated(run)}.`;
    case "pause_learner":
      await needed(actions.learner, "pausing the learner").pause();
      return "Learning is paused.";
    case "resume_learner":
      await needed(actions.learner, "pausing the learner").resume();
      return `Learning resumes${onceEvaluated(run)}.`;
    case "save_checkpoint": {
      const folder = await needed(actions.learner, "saving a checkpoint").saveCheckpoint();
      return `Saved ${folder}.`;
    }
    case "evaluate_now":
      await needed(actions.evaluation, "evaluating").evaluateNow();
      return "The evaluation has finished.";
    case "set_intervention_rate":
      needed(actions.operator, "a scripted operator").setInterventionRate(command.rate);
      return `The scripted operator takes over ${Math.round(100 * command.rate)} % of the time it has a reason to.`;
    case "set_speed": {
      const pace = needed(actions.pace, "changing its speed");
      pace.speed = command.speed;
      if (command.speed === "max") return "The robot runs as fast as possible.";
      return `The robot runs ${command.speed === 1 ? "in real time" : "at twice real time"} while a person is in control.`;
    }
    case "undo_label": {
      const { label, episode } = await needed(actions.labels, "undoing labels").undoLabel();
      return `Undid the ${label} label of episode ${episode}.`;
    }
    case "start_recording": {
      const replays = needed(recordings, "recording");
      await actions.recording?.start();
      replays.recording = true;
      return `Every episode is recorded from the next one on${actions.recording ? `, in ${actions.recording.root}` : ""}.`;
    }
    case "stop_recording": {
      needed(recordings, "recording").recording = false;
      const episodes = await actions.recording?.stop();
      if (episodes === undefined) return "Recording is off: only the latest episodes are kept.";
      return `Recorded ${episodes} ${episodes === 1 ? "episode" : "episodes"} in ${actions.recording!.root}.`;
    }
  }
}

/** An evaluation keeps robot and learner paused. */
function onceEvaluated({ status }: CommandTargets["run"]): string {
  return status?.progress?.phase === "evaluating" ? " as soon as the evaluation is done" : "";
}

function needed<T>(capability: T | undefined, what: string): T {
  if (capability === undefined) throw new Error(`this run does not support ${what}`);
  return capability;
}
