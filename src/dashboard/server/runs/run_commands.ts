/** Carries out what the person in control asks for, and says what came of it. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Capability, RunCommand } from "../../protocol.ts";
import type { EpisodeRecordings } from "../episodes/episode_recordings.ts";
import type { DashboardRun } from "./run.ts";

export interface CommandTargets {
  readonly run: Pick<DashboardRun, "actions" | "status">;
  readonly recordings: EpisodeRecordings | undefined;
}

/** What the page may offer for this run. */
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

/** What one kind of command has to wait for. */
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
   * @param onBegun called once the run has not refused at once, and before the result.
   * @returns what was done, as the page says it.
   * @throws Error when the run lacks the capability, the capability fails, or the same is being done already.
   */
  async carryOut(command: RunCommand, onBegun: () => void): Promise<string> {
    const lane = LANES[command.name] ?? command.name;
    if (this.#busy.has(lane)) throw new Error("This is being done already: wait for its result.");
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

/** @throws Error when the run lacks the capability or the capability fails. */
async function carryOut(command: RunCommand, { run, recordings }: CommandTargets): Promise<string> {
  const { actions } = run;
  switch (command.name) {
    case "pause_actor":
      await needed(actions.actor, "pausing the robot").pause();
      return "The robot pauses.";
    case "resume_actor":
      await needed(actions.actor, "pausing the robot").resume();
      return `The robot goes on${onceEvaluated(run)}.`;
    case "pause_learner":
      await needed(actions.learner, "pausing the learner").pause();
      return "Learning pauses.";
    case "resume_learner":
      await needed(actions.learner, "pausing the learner").resume();
      return `Learning goes on${onceEvaluated(run)}.`;
    case "save_checkpoint": {
      const folder = await needed(actions.learner, "saving a checkpoint").saveCheckpoint();
      return `Saved ${folder}.`;
    }
    case "evaluate_now":
      await needed(actions.evaluation, "evaluating").evaluateNow();
      return "The evaluation is done.";
    case "set_intervention_rate":
      needed(actions.operator, "a scripted operator").setInterventionRate(command.rate);
      return `The scripted operator takes over ${Math.round(100 * command.rate)} % of the time it has a reason to.`;
    case "set_speed": {
      const pace = needed(actions.pace, "changing its speed");
      pace.speed = command.speed;
      if (command.speed === "max") return "Time passes as fast as everything goes.";
      return command.speed === 1 ? "Time is real while somebody is in control." : "Time passes twice as fast.";
    }
    case "undo_label": {
      const { label, episode } = await needed(actions.labels, "taking back labels").undoLabel();
      return `Took back the ${label} of episode ${episode}.`;
    }
    case "start_recording": {
      const replays = needed(recordings, "recording");
      await actions.recording?.start();
      replays.recording = true;
      return `Every episode is kept from the next one on${actions.recording ? `, in ${actions.recording.root}` : ""}.`;
    }
    case "stop_recording": {
      needed(recordings, "recording").recording = false;
      const episodes = await actions.recording?.stop();
      if (episodes === undefined) return "Only the latest episodes are kept from now on.";
      return `Recorded ${episodes} ${episodes === 1 ? "episode" : "episodes"} in ${actions.recording!.root}.`;
    }
  }
}

/** Meanwhile robot and learner stand still, whatever people ask for. */
function onceEvaluated({ status }: CommandTargets["run"]): string {
  return status?.progress?.phase === "evaluating" ? " as soon as the evaluation is done" : "";
}

function needed<T>(capability: T | undefined, what: string): T {
  if (capability === undefined) throw new Error(`this run has no means of ${what}`);
  return capability;
}
