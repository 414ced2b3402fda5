/** Describes a run in words: its task, phase and progress, and what the user can do. Pure. */
import type { Phase, Progress, RecordingState } from "../../run_state.ts";
import { formatDuration, formatNumber } from "../format.ts";

export interface SummarySource {
  readonly task: string;
  readonly progress: Progress | null;
  readonly session: RecordingState | null;
  readonly isReview: boolean;
  readonly isStopped: boolean;
  readonly isPaused: boolean;
  /** A run without actors: it has no robot, and its progress counts updates. */
  readonly isOffline: boolean;
  /** Seconds until all steps are done; undefined if unknown. */
  readonly leftS: number | undefined;
  readonly canDrive: boolean;
  readonly inControl: boolean;
  readonly holder: string | undefined;
}

export interface RunSummary {
  /** The task. */
  readonly title: string;
  /** Phase and progress, then what the user can do. */
  readonly text: string;
}

export function summarize(source: SummarySource): RunSummary {
  const title = source.task === "" ? "A run" : source.task[0]!.toUpperCase() + source.task.slice(1);
  const text = [describeProgress(source), describeOptions(source)].filter((part) => part !== "").join(" ");
  return { title, text };
}

function describeProgress({ progress, session, isReview, isOffline, leftS }: SummarySource): string {
  if (session) return describeRecording(session);
  if (progress === null) return isReview ? "This run is shown from its log." : "";
  const { phase, done, of, evaluation } = progress;
  const counted = of === null ? formatNumber(done) : `${formatNumber(done)} of ${formatNumber(of)}`;
  switch (phase) {
    case "demonstrations":
      return `Recording demonstrations: ${counted}.`;
    case "warm_up":
      return `Warm-up: step ${counted} before learning begins.`;
    case "learning":
      if (isOffline)
        return `Learning: update ${counted}${leftS === undefined ? "" : `, ${formatDuration(leftS)} left`}.`;
      return `Learning: step ${counted}${leftS === undefined ? "" : `, at most ${formatDuration(leftS)} left`}.`;
    case "acting":
      return `Acting: step ${counted}. See the learner's page for its progress.`;
    case "evaluating":
      if (evaluation === null) return "Evaluating the policy without help.";
      return `Evaluating the policy without help: ${evaluation.episode} of ${evaluation.of} episodes, ${evaluation.successes} solved.`;
    case "solved":
      return "Solved: the policy does the task without help.";
    case "done":
      return isOffline ? "All updates are made." : "All steps are done.";
    case "stopped":
      return "The run was stopped.";
    case "failed":
      return "The run failed.";
  }
}

function describeRecording({ saved, wanted, seconds_left, waiting_for, is_over }: RecordingState): string {
  if (is_over) return `Recorded ${saved} of ${wanted} demonstrations.`;
  const which = `Recording demonstration ${Math.min(saved + 1, wanted)} of ${wanted}`;
  if (waiting_for !== null || seconds_left === null) return `${which}.`;
  return `${which}: ${Math.ceil(seconds_left)} s left.`;
}

const WAITS: Readonly<Record<NonNullable<RecordingState["waiting_for"]>, string>> = {
  control: "Take control to begin.",
  hands_off: "Release all keys.",
  movement: "Move the arm: the first movement starts the episode.",
  verdict: "The episode is over: label it as a success or a failure, or re-record it.",
  release_stop: "The robot is stopped: release the stop.",
};

function describeOptions({ progress, session, isReview, ...now }: SummarySource): string {
  if (isReview) return "";
  if (now.isStopped) return "The robot is stopped.";
  if (session) {
    if (session.is_over) return "";
    if (session.waiting_for === "verdict" && !now.inControl) return "The episode is over: take control and label it.";
    return session.waiting_for === null ? "End the episode with success or failure." : WAITS[session.waiting_for];
  }
  if (progress !== null && isEnd(progress.phase)) return "";
  if (progress?.phase === "evaluating")
    return now.isOffline ? "The learner is paused until it is done." : "Robot and learner are paused until it is done.";
  if (now.isPaused) return now.isOffline ? "Learning is paused." : "The robot is paused.";
  if (!now.canDrive && progress?.phase === "demonstrations") {
    return "The scripted operator demonstrates the task; you can take over afterwards.";
  }
  if (!now.canDrive) return "";
  if (now.inControl) return "Hold a key to steer; release it to hand back.";
  return now.holder === undefined ? "You can take over." : `${now.holder} is in control; you can ask for control.`;
}

const ENDS: Readonly<Partial<Record<Phase, string>>> = {
  solved: "Solved",
  done: "Done",
  stopped: "Stopped",
  failed: "Failed",
};

function isEnd(phase: Phase): boolean {
  return phase in ENDS;
}

export interface RailStep {
  readonly name: string;
  readonly state: "done" | "now" | "ahead";
  /** Completed share of the step, in [0, 1]; undefined if unknown. */
  readonly share: number | undefined;
}

/** Demonstrations → warm-up → learning → evaluating → solved, without the phases that the plan lacks. */
export function railOf(
  progress: Progress,
  plan: { readonly demonstrations: number; readonly warm_up_steps: number; readonly goal: unknown },
): RailStep[] {
  const phases: readonly (readonly [Phase, string])[] = [
    ...(plan.demonstrations > 0 ? [["demonstrations", "Demonstrations"] as const] : []),
    ...(plan.warm_up_steps > 0 ? [["warm_up", "Warm-up"] as const] : []),
    ["learning", "Learning"],
    ...(plan.goal !== null || progress.phase === "evaluating" ? [["evaluating", "Evaluating"] as const] : []),
    ["solved", ENDS[progress.phase] ?? (plan.goal === null ? "Done" : "Solved")],
  ];
  const found = phases.findIndex(([phase]) => phase === progress.phase);
  const now = found < 0 ? phases.length - 1 : found;
  const { evaluation, done, of } = progress;
  const share =
    evaluation && progress.phase === "evaluating"
      ? evaluation.episode / evaluation.of
      : of === null || of === 0
        ? undefined
        : Math.min(1, done / of);
  return phases.map(([, name], i) => ({
    name,
    state: i < now ? "done" : i === now ? "now" : "ahead",
    share: i < now ? 1 : i === now ? (isEnd(progress.phase) ? 1 : share) : 0,
  }));
}
