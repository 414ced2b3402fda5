/** Carries out what the person in control asks for, and says what came of it. */
import type { Capability, RunCommand } from "../protocol.ts";
import type { EpisodeRecordings } from "./episode_recordings.ts";
import type { DashboardRun, RunActions } from "./run.ts";

export interface CommandTargets {
  readonly actions: RunActions;
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
  };
  return (Object.keys(carried) as Capability[]).filter((capability) => carried[capability]);
}

/**
 * @returns what was done, as the page says it.
 * @throws Error when the run lacks the capability or the capability fails.
 */
export async function carryOut(command: RunCommand, { actions, recordings }: CommandTargets): Promise<string> {
  switch (command.name) {
    case "pause_actor":
      await needed(actions.actor, "pausing the robot").pause();
      return "The robot pauses.";
    case "resume_actor":
      await needed(actions.actor, "pausing the robot").resume();
      return "The robot goes on.";
    case "pause_learner":
      await needed(actions.learner, "pausing the learner").pause();
      return "Learning pauses.";
    case "resume_learner":
      await needed(actions.learner, "pausing the learner").resume();
      return "Learning goes on.";
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

function needed<T>(capability: T | undefined, what: string): T {
  if (capability === undefined) throw new Error(`this run has no means of ${what}`);
  return capability;
}
