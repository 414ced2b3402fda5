/** Schemas of a run's goal, phase and progress. Part of the protocol. */
import { z } from "zod";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** Goal and limits of a run; constant during the run. */
export const PlanSchema = z.strictObject({
  /** The task in words, such as "pick up the cube"; the environment's name if the config has no words for it. */
  task: z.string(),
  /** The run is solved at this success rate in an evaluation of this many episodes. null: no goal. */
  goal: z.strictObject({ success_rate: share, episodes: z.int().min(1) }).nullable(),
  /** Environment steps, or updates in a run without actors, after which the run ends; null: unlimited. */
  max_steps: count.nullable(),
  /** Environment steps before learning begins. */
  warm_up_steps: count,
  /** Demonstrations that the run records before training. */
  demonstrations: count,
  /** The robot's control frequency in Hz; null if unknown. */
  fps: z.number().positive().nullable(),
  environment: z.enum(["simulation", "robot"]),
  /** Whether the learner's progress is known here. It is not known to an actor in a separate process. */
  learns: z.boolean(),
});
export type Plan = z.output<typeof PlanSchema>;

export const PHASES = [
  /** Demonstrations are being recorded; `done` and `of` count episodes. Also `handrail record`. */
  "demonstrations",
  /** The robot acts before learning begins; `done` and `of` count environment steps. */
  "warm_up",
  /** `done` and `of` count environment steps, or updates in a run without actors. */
  "learning",
  /** The robot acts for a learner in another process; `done` and `of` count environment steps. */
  "acting",
  /** `done` and `of` count episodes; robot and learner are paused. */
  "evaluating",
  /** This and the following end the run; `done` and `of` count as in `learning`. */
  "solved",
  /** All steps were taken, or all updates made. */
  "done",
  "stopped",
  "failed",
] as const;
export type Phase = (typeof PHASES)[number];

/** Progress of the running evaluation. */
export const EvaluationProgressSchema = z.strictObject({
  /** Finished episodes. */
  episode: count,
  of: z.int().min(1),
  /** Finished episodes that the policy solved without help. */
  successes: count,
  /** Optimisation step of the weights; null if unknown. */
  policy_step: count.nullable(),
});
export type EvaluationProgress = z.output<typeof EvaluationProgressSchema>;

export const ProgressSchema = z.strictObject({
  phase: z.enum(PHASES),
  done: count,
  /** null if unknown. */
  of: count.nullable(),
  evaluation: EvaluationProgressSchema.nullable(),
});
export type Progress = z.output<typeof ProgressSchema>;

/** A finished evaluation, with the values that charts need. */
export const FinishedEvaluationSchema = z.strictObject({
  /** Environment steps of the run at the time of the evaluation. */
  interaction_step: count,
  policy_step: count.nullable(),
  successes: count,
  episodes: z.int().min(1),
  /** 95 % Wilson interval of the success rate: low, high. */
  interval: z.tuple([share, share]),
});
export type FinishedEvaluation = z.output<typeof FinishedEvaluationSchema>;

/** How the run ended. */
export const FinishedSchema = z.strictObject({
  /** `steps`: all steps are done without reaching the goal. */
  outcome: z.enum(["solved", "steps", "stopped", "failed"]),
  message: z.string(),
  /** Episodes of the last evaluation that the policy solved without help; null without an evaluation. */
  successes: count.nullable(),
  episodes: count.nullable(),
  /** Seconds the run was active, without the time between sessions. */
  active_seconds: z.number().min(0),
  /** Folder of the policy, relative to the command's working directory; null without one. */
  policy: z.string().nullable(),
  /** Suggested next commands, as typed in a terminal. */
  next: z.array(z.strictObject({ label: z.string(), command: z.string() })),
});
export type Finished = z.output<typeof FinishedSchema>;

/**
 * What steers the robot now. `name` is the person's name, or the operator's, such as "scripted operator". "nobody": the arm
 * is idle, such as between a person's demonstrations.
 */
export const DriverSchema = z.strictObject({
  kind: z.enum(["policy", "operator", "person", "nobody"]),
  name: z.string().nullable(),
});
export type DriverState = z.output<typeof DriverSchema>;

/** Robot time per wall-clock time while a person is in control. "max": as fast as possible. */
export const SPEEDS = [1, 2, "max"] as const;
export type Speed = (typeof SPEEDS)[number];

export const PacingSchema = z.strictObject({
  /** The present pacing of control steps. */
  mode: z.enum(["real_time", "as_fast_as_possible"]),
  /** Applies while a person is in control. */
  speed: z.literal(SPEEDS),
});

/** What a recording session waits for. */
export const RECORDING_WAITS = [
  /** No page is in control. */
  "control",
  /** Keys of the last episode are still held. */
  "hands_off",
  /** The first movement starts the episode. */
  "movement",
  /** The episode ended without a label: success, failure or re-record. */
  "verdict",
  /** The emergency stop holds the arm. */
  "release_stop",
] as const;

/** State of `handrail record`. */
export const RecordingStateSchema = z.strictObject({
  task: z.string(),
  /** Episodes that this session has added to the dataset. */
  saved: count,
  /** Episodes to record; the session ends when they are saved. */
  wanted: count,
  /** Seconds of robot time until the time limit of the running episode; null between episodes and without a limit. */
  seconds_left: z.number().min(0).nullable(),
  /** null while an episode is recorded, and when the session is over. */
  waiting_for: z.enum(RECORDING_WAITS).nullable(),
  /** All episodes are recorded or the session was ended; the server is about to close. */
  is_over: z.boolean(),
});
export type RecordingState = z.output<typeof RecordingStateSchema>;
