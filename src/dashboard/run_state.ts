/** What a run is about and where it stands, as the page says it in one sentence. Part of the protocol. */
import { z } from "zod";

const count = z.int().min(0);
const share = z.number().min(0).max(1);

/** What the run is for. It never changes while the run goes on. */
export const PlanSchema = z.strictObject({
  /** What is to be done, such as "pick up the cube"; the environment's name where nobody said it in words. */
  task: z.string(),
  /** When the run counts as solved: this success rate in an evaluation of so many episodes. null: it has no goal. */
  goal: z.strictObject({ success_rate: share, episodes: z.int().min(1) }).nullable(),
  /** Environment steps after which it ends anyway; null: never. */
  max_steps: count.nullable(),
  /** Environment steps before learning begins. */
  warm_up_steps: count,
  /** Demonstrations that the run records for itself. */
  demonstrations: count,
  /** Control steps per second of the robot; null where it is not known. */
  fps: z.number().positive().nullable(),
  environment: z.enum(["simulation", "robot"]),
  /** The learner reports here. An actor in a process of its own does not know how far it is. */
  learns: z.boolean(),
});
export type Plan = z.output<typeof PlanSchema>;

export const PHASES = [
  /** Demonstrations are recorded: done, of episodes. Also `handrail record`. */
  "demonstrations",
  /** The robot acts and nothing is learned yet: done, of environment steps. */
  "warm_up",
  /** done, of environment steps. */
  "learning",
  /** The robot acts for a learner elsewhere: done, of environment steps. */
  "acting",
  /** done, of episodes; robot and learner stand still. */
  "evaluating",
  /** Ends. done, of environment steps. */
  "solved",
  /** All steps were taken. */
  "done",
  "stopped",
  "failed",
] as const;
export type Phase = (typeof PHASES)[number];

/** The evaluation that is being made. */
export const EvaluationProgressSchema = z.strictObject({
  /** Episodes that have ended. */
  episode: count,
  of: z.int().min(1),
  /** Of them, solved by the policy alone. */
  successes: count,
  /** Optimisation step of the weights; null where it is not known. */
  policy_step: count.nullable(),
});
export type EvaluationProgress = z.output<typeof EvaluationProgressSchema>;

export const ProgressSchema = z.strictObject({
  phase: z.enum(PHASES),
  done: count,
  /** null: nobody knows how much there is to do. */
  of: count.nullable(),
  evaluation: EvaluationProgressSchema.nullable(),
});
export type Progress = z.output<typeof ProgressSchema>;

/** An evaluation that was made, as charts need it. */
export const FinishedEvaluationSchema = z.strictObject({
  /** Environment steps of the run when it was made. */
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
  /** `steps`: all steps are done and the goal was not reached. */
  outcome: z.enum(["solved", "steps", "stopped", "failed"]),
  message: z.string(),
  /** Of the last evaluation: episodes solved by the policy alone. null when none was made. */
  successes: count.nullable(),
  episodes: count.nullable(),
  /** Seconds in which the run went on; pauses between two sessions are not counted. */
  active_seconds: z.number().min(0),
  /** Folder of the policy, relative to where the command was started; null when there is none. */
  policy: z.string().nullable(),
  /** What one may do next, as it is typed in a terminal. */
  next: z.array(z.strictObject({ label: z.string(), command: z.string() })),
});
export type Finished = z.output<typeof FinishedSchema>;

/**
 * Who steers at this moment. `name` is a person's own, or the operator's, such as "scripted operator". "nobody": the arm
 * rests, as between the demonstrations of a person.
 */
export const DriverSchema = z.strictObject({
  kind: z.enum(["policy", "operator", "person", "nobody"]),
  name: z.string().nullable(),
});
export type WhoSteers = z.output<typeof DriverSchema>;

/** Robot time per time on the wall while a person holds control. "max": as fast as everything goes. */
export const SPEEDS = [1, 2, "max"] as const;
export type Speed = (typeof SPEEDS)[number];

export const PacingSchema = z.strictObject({
  /** How control steps are paced now. */
  mode: z.enum(["real_time", "as_fast_as_possible"]),
  /** Applies while a person holds control. */
  speed: z.literal(SPEEDS),
});

/** What a recording session waits for; the page says what to do about it. */
export const RECORDING_WAITS = [
  /** Nobody holds control. */
  "control",
  /** Keys are still held from the last episode. */
  "hands_off",
  /** The first movement begins the episode. */
  "movement",
  /** The episode is over without a verdict: save it as a success or failure, or record it again. */
  "verdict",
  /** The emergency stop holds the arm. */
  "release_stop",
] as const;

/** `handrail record` on the page. */
export const RecordingSessionSchema = z.strictObject({
  task: z.string(),
  /** Episodes that this session has added to the dataset … */
  saved: count,
  /** … of so many. The session ends with the last one. */
  wanted: count,
  /** Robot time until the episode that is being recorded ends by itself; null while none is, or without a limit. */
  seconds_left: z.number().min(0).nullable(),
  /** null while an episode is being recorded, and when the session is over. */
  waiting_for: z.enum(RECORDING_WAITS).nullable(),
  /** Everything is recorded, or somebody ended it; the server is about to close. */
  is_over: z.boolean(),
});
export type RecordingSession = z.output<typeof RecordingSessionSchema>;
