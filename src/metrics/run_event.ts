/**
 * All events of a run, as one stream. The run log, TensorBoard, Prometheus, the progress bar and the dashboard read it; keys
 * are those of the log's lines, so a finished run reads like a running one.
 */
import { z } from "zod";
import { MAX_STRETCHES } from "./stretches.ts";

const count = z.int().min(0);
const share = z.number().min(0).max(1);
/** A measured value. A diverging run has non-finite ones, which JSON lacks: they are written as text. */
const measured: z.ZodType<number, number | "NaN" | "Infinity" | "-Infinity"> = z.union([
  z.number(),
  z.nan(),
  z.literal([Infinity, -Infinity]),
  z.enum(["NaN", "Infinity", "-Infinity"]).transform(Number),
]);

/** The outcome of an episode, by a person's or the task's judgement. */
export const EPISODE_OUTCOMES = [
  "success",
  "failure",
  "time_limit",
  "terminated",
  "rerecorded",
  "sensor_fault",
] as const;

/** Whether an episode counts for the policy: not if it is re-recorded or a sensor failed. */
export function countsForPolicy(outcome: (typeof EPISODE_OUTCOMES)[number]): boolean {
  return outcome !== "rerecorded" && outcome !== "sensor_fault";
}

export const ACTOR_STATES = ["waiting", "running", "paused", "holding", "stopped"] as const;
export const LEARNER_STATES = ["waiting", "training", "limited", "paused", "saving", "stopped"] as const;
export const NOTICE_LEVELS = ["info", "warn", "error"] as const;

const common = {
  /** Seconds since 1970. */
  time_s: z.number(),
  /** Environment steps of all actors so far, demonstrations not counted. */
  interaction_step: count,
};

/** An evaluation: Wilson's interval, and what identifies the evaluated policy. */
export const EvaluationReportSchema = z.strictObject({
  episodes: count,
  /** Episodes that the policy solved alone, without help at any step. */
  successes: count,
  /** Episodes solved with help. They never count as the policy's. */
  assisted_successes: count,
  /** successes / episodes: autonomous success. */
  success_rate: share,
  /** 95 % Wilson score interval of the success rate. */
  success_interval: z.tuple([share, share]),
  mean_return: z.number(),
  /** Steps of the episodes that the policy solved alone; null without any. */
  mean_success_length: z.number().nullable(),
  /** Seconds of robot time of such an episode: length / control frequency; null without one, or without a clock. */
  cycle_time_s: z.number().nullable(),
  /** Share of steps steered by a person or a scripted operator. 0 in an autonomous evaluation. */
  operator_share: share,
  /** First seed; episode i starts from seed + i. */
  seed: z.int(),
  deterministic: z.boolean(),
  /** SHA-256 of the policy's weights, hexadecimal. */
  weights_sha256: z.string(),
  /** Optimisation step of the weights; null if unknown. */
  step: count.nullable(),
  returns: z.array(z.number()),
  lengths: z.array(count),
});
export type EvaluationReport = z.output<typeof EvaluationReportSchema>;

export const RunEventSchema = z.discriminatedUnion("type", [
  z.strictObject({
    ...common,
    type: z.literal("run_started"),
    run_id: z.string(),
    version: z.string(),
    config: z.record(z.string(), z.unknown()),
    /** The checkpoint that the run continues from. */
    resumed_from: z.string().nullable(),
    /** Of a run without actors, whose progress is counted in updates: those made so far. Absent with actors. */
    offline_step: count.optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal("episode"),
    actor: z.string(),
    episode: count,
    episodic_return: measured,
    episode_length: count,
    outcome: z.enum(EPISODE_OUTCOMES),
    /** Steps steered by an operator. 0: the episode was autonomous. */
    intervention_steps: count,
    /** Those steps, from first (inclusive) to last (exclusive); older logs lack them. */
    interventions: z
      .array(z.tuple([count, count]))
      .max(MAX_STRETCHES)
      .optional(),
    duration_s: measured,
    /** True if the label of an episode was corrected: this replaces the last event of the same actor and episode. */
    correction: z.boolean().optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal("actor"),
    actor: z.string(),
    state: z.enum(ACTOR_STATES),
    /** Mean control steps per second since the last report. */
    control_frequency_hz: measured,
    /** Lateness of control steps against their schedule, in milliseconds; 0 without pacing. */
    control_jitter_p50_ms: measured,
    control_jitter_p99_ms: measured,
    /** Time of one policy inference, milliseconds. */
    policy_p50_ms: measured,
    policy_p99_ms: measured,
    parameters_version: z.int(),
    parameters_age_s: measured,
    connected: z.boolean(),
    /** Transitions not yet at the learner: the back-pressure. */
    outbox_records: count,
    outbox_bytes: count,
  }),
  z.strictObject({
    ...common,
    type: z.literal("training"),
    /** Optimisation steps so far. */
    step: count,
    /** As documented by the algorithm: `loss_critic`, `temperature`, `entropy`, … */
    metrics: z.record(z.string(), measured),
  }),
  z.strictObject({
    ...common,
    type: z.literal("learner"),
    step: count,
    state: z.enum(LEARNER_STATES),
    updates_per_s: measured,
    /** Optimisation steps per environment step since the run began. */
    updates_per_step: measured,
    online_size: count,
    offline_size: count,
    /** Records waiting for the training thread. */
    queue_records: count,
    parameters_version: z.int(),
    actors_connected: count,
    /** Refused transitions that cannot be trained on, so far; older logs lack this and the following fields. */
    refused_records: count.optional(),
    /** Records that no actor holds and the learner does not have. */
    missing_records: count.optional(),
    /** Transitions in the buffers that are excluded from batches. */
    quarantined_records: count.optional(),
    /** Free space on the disk of the run's folder. */
    free_disk_bytes: count.optional(),
  }),
  z.strictObject({ ...common, type: z.literal("evaluation"), report: EvaluationReportSchema }),
  z.strictObject({ ...common, type: z.literal("checkpoint"), step: count, folder: z.string(), duration_s: z.number() }),
  z.strictObject({
    ...common,
    type: z.literal("action"),
    /** Author: "person", "cli", "signal", … */
    by: z.string(),
    /** The action, such as `pause_actor`, `label_success`, `undo_label`, `emergency_stop`. */
    name: z.string(),
    detail: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({
    ...common,
    type: z.literal("notice"),
    level: z.enum(NOTICE_LEVELS),
    source: z.string(),
    message: z.string(),
  }),
  z.strictObject({
    ...common,
    type: z.literal("run_finished"),
    reason: z.enum(["solved", "steps", "stopped", "failed"]),
    message: z.string(),
  }),
]);
export type RunEvent = z.output<typeof RunEventSchema>;
export type RunEventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { type: Type }>;
type WithoutTime<E> = E extends unknown ? Omit<E, "time_s"> : never;
/** An event as emitted by its source: the stream adds the time. */
export type UntimedRunEvent = WithoutTime<RunEvent>;
type WithoutCount<E> = E extends unknown ? Omit<E, "interaction_step"> : never;
/** An event from a source that does not know the environment steps of all actors. */
export type UncountedRunEvent = WithoutCount<UntimedRunEvent>;
