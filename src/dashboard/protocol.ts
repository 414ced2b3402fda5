/**
 * The WebSocket protocol between page and server: JSON text in both directions, and binary frames (`frames.ts`) for poses
 * and camera images. Both ends validate what they receive; unknown keys are refused.
 *
 * Every page may watch and stop the robot. Everything else that affects the run requires control, which one page has at a
 * time.
 */
import { z } from "zod";
import { EPISODE_OUTCOMES, RunEventSchema } from "../metrics/run_event.ts";
import { MAX_NAME_LENGTH } from "./limits.ts";
import {
  DriverSchema,
  FinishedEvaluationSchema,
  FinishedSchema,
  PacingSchema,
  PlanSchema,
  ProgressSchema,
  RecordingStateSchema,
  SPEEDS,
} from "./run_state.ts";

const share = z.number().min(0).max(1);
const axis = z.number().min(-1).max(1);
const count = z.int().min(0);
/** The server removes characters that do not print. */
const personName = z.string().min(1).max(MAX_NAME_LENGTH);

/** The person's present input: always the complete state, so a lost or late message does no harm. */
export const DriveInputSchema = z.strictObject({
  /** The person steers, even if no axis is deflected. */
  intervening: z.boolean(),
  /** x, y, z as shares of a full-scale action. */
  motion: z.tuple([axis, axis, axis]),
  gripper: z.enum(["close", "stay", "open"]),
});
export type DriveInput = z.output<typeof DriveInputSchema>;

export const LABELS = ["success", "failure", "rerecord", "terminate"] as const;
export type Label = (typeof LABELS)[number];

/** Commands of the person in control. Each requires a capability of the run. */
export const RunCommandSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("pause_actor") }),
  z.strictObject({ name: z.literal("resume_actor") }),
  z.strictObject({ name: z.literal("pause_learner") }),
  z.strictObject({ name: z.literal("resume_learner") }),
  z.strictObject({ name: z.literal("save_checkpoint") }),
  z.strictObject({ name: z.literal("evaluate_now") }),
  z.strictObject({ name: z.literal("set_intervention_rate"), rate: share }),
  /** Speed while a person is in control. */
  z.strictObject({ name: z.literal("set_speed"), speed: z.literal(SPEEDS) }),
  z.strictObject({ name: z.literal("undo_label") }),
  z.strictObject({ name: z.literal("start_recording") }),
  z.strictObject({ name: z.literal("stop_recording") }),
]);
export type RunCommand = z.output<typeof RunCommandSchema>;

export const CAPABILITIES = [
  "drive",
  "stop",
  "actor",
  "learner",
  "evaluation",
  "operator",
  "labels",
  "recording",
  "pacing",
] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Views of the page. A run offers a subset. */
export const VIEWS = ["live", "learning", "episodes", "run"] as const;
export type View = (typeof VIEWS)[number];

export const ClientMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), protocol: z.int(), name: personName }),
  /** Changes the user's name. */
  z.strictObject({ type: z.literal("rename"), name: personName }),
  /** Takes control if it is free; otherwise requests it from the page in control. */
  z.strictObject({ type: z.literal("take_control") }),
  z.strictObject({ type: z.literal("release_control") }),
  /** Answer of the page in control to a request. */
  z.strictObject({ type: z.literal("answer_request"), client: z.string().max(40), grant: z.boolean() }),
  /** Only from the page in control. `sent_ms` is the page's clock and is returned in `applied`. */
  z.strictObject({ type: z.literal("input"), sequence: count, sent_ms: z.number(), input: DriveInputSchema }),
  z.strictObject({ type: z.literal("label"), label: z.enum(LABELS) }),
  /** From any page, also before `hello`. With a sequence, `stop_confirmed` follows once the hold was commanded. */
  z.strictObject({ type: z.literal("stop"), sequence: count.optional() }),
  z.strictObject({ type: z.literal("release_stop") }),
  z.strictObject({ type: z.literal("command"), id: count, command: RunCommandSchema }),
]);
export type ClientMessage = z.output<typeof ClientMessageSchema>;

/** One episode as the timeline shows it. */
export const EpisodeTraceSchema = z.strictObject({
  episode: count,
  length: count,
  episodic_return: z.number(),
  /** Step ranges, first inclusive and last exclusive, that the policy did not steer. */
  interventions: z.array(z.tuple([count, count])),
  /** Those of them that a person steered; absent if unknown. */
  by_person: z.array(z.tuple([count, count])).optional(),
  /** Number of intervention steps if their positions are unknown; `interventions` is then empty. */
  steered_somewhere: count.optional(),
  /** A reward model's probability of success after the latest step, while the episode is running. */
  success_probability: z.number().min(0).max(1).optional(),
  /** null while the episode is running. */
  outcome: z.enum(EPISODE_OUTCOMES).nullable(),
  /** A person's label was undone. */
  undone: z.boolean(),
});
export type EpisodeTrace = z.output<typeof EpisodeTraceSchema>;

export const StopStateSchema = z.strictObject({
  active: z.boolean(),
  /** "person": stop was pressed. "disconnected", "silent": the page in control lost its connection or stopped sending. */
  reason: z.enum(["person", "disconnected", "silent"]).nullable(),
  /** That person's name; null if unknown. */
  by: z.string().nullable(),
});
export type StopState = z.output<typeof StopStateSchema>;

export const ControlStateSchema = z.strictObject({
  holder: z.strictObject({ client: z.string(), name: z.string() }).nullable(),
  requests: z.array(z.strictObject({ client: z.string(), name: z.string() })),
  watchers: count,
  /** Why the last page lost control involuntarily; null otherwise. */
  lost: z.enum(["silent", "disconnected"]).nullable(),
});
export type ControlState = z.output<typeof ControlStateSchema>;

/** Settings that may change during the run. */
const settings = {
  cameras: z.array(z.string()),
  recording: z.boolean(),
  intervention_rate: z.number().nullable(),
  /** Episodes that can be replayed. */
  recordings: z.array(count),
  /** null for a run without a robot. */
  pacing: PacingSchema.nullable(),
};

const triple = z.tuple([z.number(), z.number(), z.number()]);
export const SceneSchema = z.strictObject({
  bodies: count,
  geoms: z.array(
    z.strictObject({
      body: count,
      shape: z.enum(["plane", "sphere", "capsule", "ellipsoid", "cylinder", "box"]),
      size_m: triple,
      position_m: triple,
      quaternion: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      color: triple,
      alpha: z.number(),
    }),
  ),
  focus: z.strictObject({ center_m: triple, radius_m: z.number() }),
  guides: z
    .strictObject({
      workspace: z.strictObject({ low_m: triple, high_m: triple }).optional(),
      tool: z.strictObject({ body: count, position_m: triple }).optional(),
      lift: z.strictObject({ body: count, height_m: z.number() }).optional(),
    })
    .optional(),
});

export type Scene = z.output<typeof SceneSchema>;

export const WelcomeSchema = z.strictObject({
  type: z.literal("welcome"),
  protocol: z.int(),
  client: z.string(),
  /** "live": a running one. "review": a finished one, or one in another process. */
  mode: z.enum(["live", "review"]),
  run_name: z.string(),
  /** The first one is the default. */
  views: z.array(z.enum(VIEWS)).min(1),
  plan: PlanSchema.nullable(),
  progress: ProgressSchema.nullable(),
  /** Oldest first. */
  evaluations: z.array(FinishedEvaluationSchema),
  finished: FinishedSchema.nullable(),
  /** null for a run without a robot. */
  driver: DriverSchema.nullable(),
  recording_session: RecordingStateSchema.nullable(),
  capabilities: z.array(z.enum(CAPABILITIES)),
  control_frequency_hz: z.number().nullable(),
  has_gripper: z.boolean(),
  scene: SceneSchema.nullable(),
  config: z.record(z.string(), z.unknown()),
  /** The default values of the same config; null if unknown. */
  config_defaults: z.record(z.string(), z.unknown()).nullable().default(null),
  /** Past events, thinned if there are many. */
  history: z.array(RunEventSchema),
  traces: z.array(EpisodeTraceSchema),
  control: ControlStateSchema,
  stop: StopStateSchema,
  ...settings,
});
export type Welcome = z.output<typeof WelcomeSchema>;

export const ServerMessageSchema = z.discriminatedUnion("type", [
  WelcomeSchema,
  z.strictObject({ type: z.literal("events"), events: z.array(RunEventSchema) }),
  z.strictObject({ type: z.literal("trace"), trace: EpisodeTraceSchema }),
  z.strictObject({ type: z.literal("control"), control: ControlStateSchema }),
  z.strictObject({ type: z.literal("stop"), stop: StopStateSchema }),
  /** The newest input was applied by a control step, `waited_ms` after the server received it. */
  z.strictObject({ type: z.literal("applied"), sequence: count, sent_ms: z.number(), waited_ms: z.number() }),
  z.strictObject({
    type: z.literal("result"),
    id: count,
    ok: z.boolean(),
    message: z.string(),
  }),
  z.strictObject({ type: z.literal("refused"), message: z.string() }),
  z.strictObject({ type: z.literal("settings"), ...settings }),
  /** The hold was commanded for the `stop` with this sequence. */
  z.strictObject({ type: z.literal("stop_confirmed"), sequence: count }),
  /**
   * Sent every `HEARTBEAT_INTERVAL_MS`. A page that misses it for longer than `HEARTBEAT_TIMEOUT_MS` shows the robot's state
   * as unknown. `interaction_step`: environment steps so far. `active_seconds`: how long the run has been active.
   */
  z.strictObject({ type: z.literal("heartbeat"), interaction_step: count, active_seconds: z.number().min(0) }),
  z.strictObject({ type: z.literal("progress"), progress: ProgressSchema }),
  /** An evaluation has finished. */
  z.strictObject({ type: z.literal("evaluated"), evaluation: FinishedEvaluationSchema }),
  /** The run has ended; the server may close next. */
  z.strictObject({ type: z.literal("finished"), finished: FinishedSchema }),
  z.strictObject({ type: z.literal("driver"), driver: DriverSchema }),
  z.strictObject({ type: z.literal("recording_session"), session: RecordingStateSchema }),
]);
export type ServerMessage = z.output<typeof ServerMessageSchema>;
