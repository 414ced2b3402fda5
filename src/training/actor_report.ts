/** What actors tell the learner besides transitions, on the interaction stream. */
import { z } from "zod";
import { EPISODE_OUTCOMES } from "../metrics/run_event.ts";
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

const ActorReportSchema = z.discriminatedUnion("kind", [EpisodeReportSchema, RelabelReportSchema]);
export type ActorReport = z.output<typeof ActorReportSchema>;
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
