/** Reports of actors to the learner besides transitions, on the interaction stream. */
import { z } from "zod";
import { ACTOR_STATES, EPISODE_OUTCOMES, NOTICE_LEVELS } from "../metrics/run_event.ts";
import { MAX_STRETCHES } from "../metrics/stretches.ts";
import { MAX_COUNT, MAX_MAGNITUDE, MAX_RETURN } from "../replay/bounds.ts";
import { TransportError } from "../transport/errors.ts";
import type { InteractionMessage } from "../transport/messages.ts";
import { nameFault } from "../utils/text/name_fault.ts";
import { printableLine } from "../utils/text/printable.ts";

export const MAX_NAME_CHARACTERS = 64;
const MAX_MESSAGE_CHARACTERS = 2000;

const count = z.int().min(0).max(MAX_COUNT);
/** Measurements: seconds, milliseconds, rates. */
const measured = z.number().min(0).max(MAX_MAGNITUDE);
/** Metrics and logs keep a series per name, so names are short and printable. */
const name = z
  .string()
  .max(MAX_NAME_CHARACTERS)
  .superRefine((text, context) => {
    const fault = nameFault(text, MAX_NAME_CHARACTERS);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });
const stretchOf = (text: string) => text.split("-").map(Number) as [number, number];
const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

/** An episode ended, or its label was corrected: the numbers of the `episode` event of the run log. */
const EpisodeReportSchema = z.strictObject({
  kind: z.literal("episode"),
  actor: name,
  /** Counts the episodes of this actor process from 1. */
  episode: count,
  /** Environment steps of this actor process so far. */
  interaction_step: count,
  episodic_return: z.number().min(-MAX_RETURN).max(MAX_RETURN),
  episode_length: count,
  outcome: z.enum(EPISODE_OUTCOMES),
  intervention_steps: count,
  duration_s: measured,
  /** Ranges of those steps. On the wire they are text such as "3-17 40-41": first (inclusive), last (exclusive). */
  interventions: z
    .string()
    .regex(/^(\d{1,9}-\d{1,9}( \d{1,9}-\d{1,9})*)?$/)
    .transform((text) => (text === "" ? [] : text.split(" ")).map(stretchOf))
    .pipe(z.array(z.tuple([count, count])).max(MAX_STRETCHES))
    .optional(),
  correction: flag.optional(),
});

/**
 * A person corrected the label of an episode after it ended. Identifies the last transition of that episode by its
 * sequence number in the actor's session; the two streams are independent, so the report may arrive before the transition.
 */
const RelabelReportSchema = z.strictObject({
  kind: z.literal("relabel"),
  actor: name,
  sequence: z.int().min(1),
  /** Corrected `reward`, `terminated` and `truncated` of the step. */
  reward: z.number().min(-MAX_MAGNITUDE).max(MAX_MAGNITUDE),
  terminated: flag,
  truncated: flag,
});

/** An actor's status, once a second: the numbers of the `actor` event of the run log. */
const StatusReportSchema = z.strictObject({
  kind: z.literal("status"),
  actor: name,
  interaction_step: count,
  state: z.enum(ACTOR_STATES),
  control_frequency_hz: measured,
  control_jitter_p50_ms: measured,
  control_jitter_p99_ms: measured,
  policy_p50_ms: measured,
  policy_p99_ms: measured,
  parameters_version: z.int().min(-1).max(MAX_COUNT),
  parameters_age_s: measured,
  outbox_records: count,
  outbox_bytes: z.int().min(0),
});

/** A message for the run log. */
const NoticeReportSchema = z.strictObject({
  kind: z.literal("notice"),
  actor: name,
  level: z.enum(NOTICE_LEVELS),
  message: z.string().transform(shownText),
});

const ActorReportSchema = z.discriminatedUnion("kind", [
  EpisodeReportSchema,
  RelabelReportSchema,
  StatusReportSchema,
  NoticeReportSchema,
]);
export type ActorReport = z.output<typeof ActorReportSchema>;
export type StatusReport = Extract<ActorReport, { kind: "status" }>;
export type EpisodeReport = Extract<ActorReport, { kind: "episode" }>;
export type RelabelReport = Extract<ActorReport, { kind: "relabel" }>;

export function toInteraction(report: ActorReport): InteractionMessage {
  const scalars: Record<string, number> = {};
  const metadata: Record<string, string> = {};
  for (const [key, value] of Object.entries(report)) {
    if (typeof value === "string") metadata[key] = value;
    else if (Array.isArray(value)) metadata[key] = value.map((stretch) => stretch.join("-")).join(" ");
    else scalars[key] = Number(value);
  }
  return { scalars, metadata };
}

/** One line, without control characters, truncated. */
function shownText(text: string): string {
  const line = printableLine(text.slice(0, MAX_MESSAGE_CHARACTERS));
  return text.length > MAX_MESSAGE_CHARACTERS ? `${line}…` : line;
}

/** @throws TransportError `refused` naming actor, field and value of the first problem. */
export function fromInteraction({ scalars, metadata }: InteractionMessage): ActorReport {
  const result = ActorReportSchema.safeParse({ ...scalars, ...metadata });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue!.path.join(".");
  const value = JSON.stringify(scalars[field] ?? metadata[field]) ?? "absent";
  const who = printableLine(String(metadata.actor).slice(0, MAX_NAME_CHARACTERS));
  const kind = printableLine(String(metadata.kind).slice(0, MAX_NAME_CHARACTERS));
  throw new TransportError(
    "refused",
    `${kind} report of actor "${who}": ${printableLine(field)} is ${printableLine(value.slice(0, 80))}: ${issue!.message}`,
  );
}
