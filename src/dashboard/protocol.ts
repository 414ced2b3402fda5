/**
 * What page and server say to each other over the WebSocket: JSON text both ways, and binary frames (`frames.ts`) for
 * poses and camera images. Both ends check what they receive against these schemas; unknown keys are refused.
 *
 * Watching needs nothing. Whatever changes the run needs control, which one page holds at a time. Anybody may stop the
 * robot.
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
  RecordingSessionSchema,
  SPEEDS,
} from "./run_state.ts";

const share = z.number().min(0).max(1);
const axis = z.number().min(-1).max(1);
const count = z.int().min(0);
/** A person's; the server leaves out what does not print. */
const personName = z.string().min(1).max(MAX_NAME_LENGTH);

/** What the person's hands do now: the whole state, never a difference, so a lost or late message does no harm. */
export const DriveInputSchema = z.strictObject({
  /** The person steers, even if nothing moves. */
  intervening: z.boolean(),
  /** x, y, z as shares of a full-scale action. */
  motion: z.tuple([axis, axis, axis]),
  gripper: z.enum(["close", "stay", "open"]),
});
export type DriveInput = z.output<typeof DriveInputSchema>;

export const LABELS = ["success", "failure", "rerecord", "terminate"] as const;
export type Label = (typeof LABELS)[number];

/** What the person in control can have done to the run; each belongs to a capability that the run may lack. */
export const RunCommandSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("pause_actor") }),
  z.strictObject({ name: z.literal("resume_actor") }),
  z.strictObject({ name: z.literal("pause_learner") }),
  z.strictObject({ name: z.literal("resume_learner") }),
  z.strictObject({ name: z.literal("save_checkpoint") }),
  z.strictObject({ name: z.literal("evaluate_now") }),
  z.strictObject({ name: z.literal("set_intervention_rate"), rate: share }),
  /** While a person holds control, time passes at this speed. */
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

/** Parts of the page. A run offers those that make sense for it. */
export const VIEWS = ["live", "learning", "episodes", "run"] as const;
export type View = (typeof VIEWS)[number];

export const ClientMessageSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("hello"), protocol: z.int(), name: personName }),
  /** The person at this page has another name from now on. */
  z.strictObject({ type: z.literal("rename"), name: personName }),
  /** Takes control if it is free; else asks whoever holds it. */
  z.strictObject({ type: z.literal("take_control") }),
  z.strictObject({ type: z.literal("release_control") }),
  /** The holder's answer to a request. */
  z.strictObject({ type: z.literal("answer_request"), client: z.string().max(40), grant: z.boolean() }),
  /** Only from the holder. `sent_ms` is the page's clock and comes back in `applied`. */
  z.strictObject({ type: z.literal("input"), sequence: count, sent_ms: z.number(), input: DriveInputSchema }),
  z.strictObject({ type: z.literal("label"), label: z.enum(LABELS) }),
  /** From anybody, also before `hello`. With a sequence, `stop_confirmed` answers when the robot has been told to hold. */
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
  /** Steps from first (inclusive) to last (exclusive) at which somebody else than the policy steered. */
  interventions: z.array(z.tuple([count, count])),
  /** Of them, those at which it was a person; absent where nobody knows. */
  by_person: z.array(z.tuple([count, count])).optional(),
  /** Steps that were steered, of an episode of which nobody knows where; then `interventions` is empty. */
  steered_somewhere: count.optional(),
  /** null while the episode goes on. */
  outcome: z.enum(EPISODE_OUTCOMES).nullable(),
  /** A person's verdict was taken back. */
  undone: z.boolean(),
});
export type EpisodeTrace = z.output<typeof EpisodeTraceSchema>;

export const StopStateSchema = z.strictObject({
  active: z.boolean(),
  /** Somebody pressed stop, or whoever was in control lost the connection or fell silent. */
  reason: z.enum(["person", "disconnected", "silent"]).nullable(),
  /** The name of that person; null where it is not known. */
  by: z.string().nullable(),
});
export type StopState = z.output<typeof StopStateSchema>;

export const ControlStateSchema = z.strictObject({
  holder: z.strictObject({ client: z.string(), name: z.string() }).nullable(),
  requests: z.array(z.strictObject({ client: z.string(), name: z.string() })),
  watchers: count,
  /** Why the last holder lost it, when it was not by choice. */
  lost: z.enum(["silent", "disconnected"]).nullable(),
});
export type ControlState = z.output<typeof ControlStateSchema>;

/** What people may change while the run goes on. */
const settings = {
  cameras: z.array(z.string()),
  recording: z.boolean(),
  intervention_rate: z.number().nullable(),
  /** Episodes that can be replayed. */
  recordings: z.array(count),
  /** null where nothing moves. */
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
  /** "live": a run that goes on. "review": a finished one. */
  mode: z.enum(["live", "review"]),
  run_name: z.string(),
  /** The first one is shown first. */
  views: z.array(z.enum(VIEWS)).min(1),
  plan: PlanSchema.nullable(),
  progress: ProgressSchema.nullable(),
  /** Oldest first. */
  evaluations: z.array(FinishedEvaluationSchema),
  finished: FinishedSchema.nullable(),
  /** null where nothing moves. */
  driver: DriverSchema.nullable(),
  recording_session: RecordingSessionSchema.nullable(),
  capabilities: z.array(z.enum(CAPABILITIES)),
  control_frequency_hz: z.number().nullable(),
  has_gripper: z.boolean(),
  scene: SceneSchema.nullable(),
  config: z.record(z.string(), z.unknown()),
  /** The same config with nothing set, where that is known. */
  config_defaults: z.record(z.string(), z.unknown()).nullable().default(null),
  /** What happened so far, thinned where it is long. */
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
  /** The newest input reached a control step: `waited_ms` of the time since `sent_ms` passed until the step began. */
  z.strictObject({ type: z.literal("applied"), sequence: count, sent_ms: z.number(), waited_ms: z.number() }),
  z.strictObject({
    type: z.literal("result"),
    id: count,
    ok: z.boolean(),
    message: z.string(),
  }),
  z.strictObject({ type: z.literal("refused"), message: z.string() }),
  z.strictObject({ type: z.literal("settings"), ...settings }),
  /** The robot was told to hold, for the `stop` with this sequence. */
  z.strictObject({ type: z.literal("stop_confirmed"), sequence: count }),
  /**
   * Sent every `HEARTBEAT_INTERVAL_MS`, whatever happens: a page that misses it for longer than `HEARTBEAT_TIMEOUT_MS` knows
   * nothing of the robot any more. `interaction_step` shows whether the robot moves, `active_seconds` how long it has.
   */
  z.strictObject({ type: z.literal("heartbeat"), interaction_step: count, active_seconds: z.number().min(0) }),
  z.strictObject({ type: z.literal("progress"), progress: ProgressSchema }),
  /** One more was made. */
  z.strictObject({ type: z.literal("evaluated"), evaluation: FinishedEvaluationSchema }),
  /** The last word of a run, before the server closes. */
  z.strictObject({ type: z.literal("finished"), finished: FinishedSchema }),
  z.strictObject({ type: z.literal("driver"), driver: DriverSchema }),
  z.strictObject({ type: z.literal("recording_session"), session: RecordingSessionSchema }),
]);
export type ServerMessage = z.output<typeof ServerMessageSchema>;
