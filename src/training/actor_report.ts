/** What actors tell the learner besides transitions, on the interaction stream. */
import { z } from "zod";
import { ACTOR_STATES, EPISODE_OUTCOMES, NOTICE_LEVELS } from "../metrics/run_event.ts";
import { TransportError } from "../transport/errors.ts";
import type { InteractionMessage } from "../transport/messages.ts";

const count = z.int().min(0);
const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

/** An episode ended, or its label was corrected: the numbers of the `episode` event of the run log. */
const EpisodeReportSchema = z.strictObject({
  kind: z.literal("episode"),
  actor: z.string(),
  /** Counts the episodes of this actor process from 1. */
  episode: count,
  /** Environment steps of this actor process so far. */
  interaction_step: count,
  episodic_return: z.number(),
  episode_length: count,
  outcome: z.enum(EPISODE_OUTCOMES),
  intervention_steps: count,
  duration_s: z.number().min(0),
  correction: flag.optional(),
});

/**
 * A person corrected the label of an episode after it ended. Names the last transition of that episode by its sequence in
 * the actor's session; the two streams are independent, so the report may arrive before the transition does.
 */
const RelabelReportSchema = z.strictObject({
  kind: z.literal("relabel"),
  actor: z.string(),
  sequence: z.int().min(1),
  /** The step's reward, `terminated` and `truncated` as they should have been. */
  reward: z.number(),
  terminated: flag,
  truncated: flag,
});

const ms = z.number().min(0);

/** What the actor says of itself once a second: the numbers of the `actor` event of the run log. */
const StatusReportSchema = z.strictObject({
  kind: z.literal("status"),
  actor: z.string(),
  interaction_step: count,
  state: z.enum(ACTOR_STATES),
  control_frequency_hz: z.number().min(0),
  control_jitter_p50_ms: ms,
  control_jitter_p99_ms: ms,
  policy_p50_ms: ms,
  policy_p99_ms: ms,
  parameters_version: z.int(),
  parameters_age_s: z.number().min(0),
  outbox_records: count,
  outbox_bytes: count,
});

/** Something worth a line in the run log. */
const NoticeReportSchema = z.strictObject({
  kind: z.literal("notice"),
  actor: z.string(),
  level: z.enum(NOTICE_LEVELS),
  message: z.string(),
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
    else scalars[key] = Number(value);
  }
  return { scalars, metadata };
}

/** @throws TransportError `refused` saying what is wrong with the report. */
export function fromInteraction({ scalars, metadata }: InteractionMessage): ActorReport {
  const result = ActorReportSchema.safeParse({ ...scalars, ...metadata });
  if (result.success) return result.data;
  throw new TransportError("refused", `an actor's report: ${z.prettifyError(result.error)}`);
}
