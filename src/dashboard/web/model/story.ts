/** What a run is about, where it stands and what one may do, in words. Pure: components only set it. */
import type { Phase, Progress, RecordingSession } from "../../run_state.ts";
import { formatDuration, formatNumber } from "../format.ts";

/** What of a run the story is made of; `RunModel` has it. */
export interface StorySource {
  readonly task: string;
  readonly progress: Progress | null;
  readonly session: RecordingSession | null;
  readonly isReview: boolean;
  readonly isStopped: boolean;
  readonly isPaused: boolean;
  /** Seconds until all steps are done; undefined while nobody knows. */
  readonly leftS: number | undefined;
  /** Can be driven at all. */
  readonly canDrive: boolean;
  readonly inControl: boolean;
  readonly holder: string | undefined;
}

export interface Story {
  /** The task, as a heading. */
  readonly title: string;
  /** One or two short sentences: where the run stands, and what the reader may do. */
  readonly text: string;
}

export function storyOf(source: StorySource): Story {
  const title = source.task === "" ? "A run" : source.task[0]!.toUpperCase() + source.task.slice(1);
  const text = [whereItStands(source), whatToDo(source)].filter((part) => part !== "").join(" ");
  return { title, text };
}

function whereItStands({ progress, session, isReview, leftS }: StorySource): string {
  if (session) return recordingStands(session);
  if (progress === null) return isReview ? "A look back at a run that is over." : "";
  const { phase, done, of, evaluation } = progress;
  const counted = of === null ? formatNumber(done) : `${formatNumber(done)} of ${formatNumber(of)}`;
  switch (phase) {
    case "demonstrations":
      return `Demonstrations are recorded: ${counted}.`;
    case "warm_up":
      return `Warm-up: step ${counted} before learning begins.`;
    case "learning":
      return `Learning: step ${counted}${leftS === undefined ? "" : `, at most ${formatDuration(leftS)} left`}.`;
    case "acting":
      return `The robot acts: step ${counted}. What is learned shows on the learner's page.`;
    case "evaluating":
      if (evaluation === null) return "The policy is evaluated alone.";
      return `The policy is evaluated alone: ${evaluation.successes} of ${evaluation.episode} solved, ${evaluation.of} to play.`;
    case "solved":
      return "Solved: the policy does the task by itself.";
    case "done":
      return "All steps are done.";
    case "stopped":
      return "The run was stopped.";
    case "failed":
      return "The run failed.";
  }
}

function recordingStands({ saved, wanted, seconds_left, waiting_for, is_over }: RecordingSession): string {
  if (is_over) return `${saved} of ${wanted} demonstrations are recorded.`;
  const which = `Recording demonstration ${Math.min(saved + 1, wanted)} of ${wanted}`;
  if (waiting_for !== null || seconds_left === null) return `${which}.`;
  return `${which}: ${Math.ceil(seconds_left)} s left.`;
}

const WAITS: Readonly<Record<NonNullable<RecordingSession["waiting_for"]>, string>> = {
  control: "Take control to begin.",
  hands_off: "Let go of all keys.",
  movement: "Move the arm: your first movement begins the episode.",
  verdict: "The episode is over: was it a success or a failure, or shall it be recorded again?",
  release_stop: "The robot is stopped: let it go on.",
};

function whatToDo({ progress, session, isReview, ...now }: StorySource): string {
  if (isReview) return "";
  if (now.isStopped) return "The robot is stopped.";
  if (session) {
    if (session.is_over) return "";
    if (session.waiting_for === "verdict" && !now.inControl)
      return "The episode is over: take control and say what it was.";
    return session.waiting_for === null ? "End it with success or failure." : WAITS[session.waiting_for];
  }
  if (progress !== null && isEnd(progress.phase)) return "";
  if (progress?.phase === "evaluating") return "Robot and learner stand still until it is done.";
  if (now.isPaused) return "The robot is paused.";
  if (!now.canDrive && progress?.phase === "demonstrations") {
    return "The helper shows how it is done; you may take over afterwards.";
  }
  if (!now.canDrive) return "";
  if (now.inControl) return "You may steer: hold a key, and let go to hand back.";
  return now.holder === undefined ? "You may take over." : `${now.holder} holds control; you may ask for it.`;
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
  /** Of the present step, in [0, 1]; undefined where nobody knows. */
  readonly share: number | undefined;
}

/** Demonstrations → warm-up → learning → evaluating → solved; what the plan lacks is left out. Without a goal nothing is solved. */
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
