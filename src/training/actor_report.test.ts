import { expect, test } from "vitest";
import { decodeInteraction, encodeInteraction } from "../transport/codec/record_codec.ts";
import { type ActorReport, fromInteraction, toInteraction } from "./actor_report.ts";

const EPISODE: ActorReport = {
  kind: "episode",
  actor: "actor",
  episode: 3,
  interaction_step: 120,
  episodic_return: 1,
  episode_length: 40,
  outcome: "success",
  intervention_steps: 7,
  duration_s: 4.25,
};
const RELABEL: ActorReport = {
  kind: "relabel",
  actor: "actor",
  sequence: 120,
  reward: 0,
  terminated: true,
  truncated: false,
};
const STATUS: ActorReport = {
  ...{ kind: "status", actor: "actor", interaction_step: 40, state: "holding", control_frequency_hz: 9.5 },
  ...{ control_jitter_p50_ms: 0.1, control_jitter_p99_ms: 0.4, policy_p50_ms: 1, policy_p99_ms: 2 },
  ...{ parameters_version: -1, parameters_age_s: 3, outbox_records: 2, outbox_bytes: 900 },
};
const NOTICE: ActorReport = { kind: "notice", actor: "actor", level: "warn", message: "the robot holds" };

test.each([EPISODE, RELABEL, STATUS, NOTICE])("a report comes through the wire as it went in", (report) => {
  expect(fromInteraction(decodeInteraction(encodeInteraction(toInteraction(report))))).toEqual(report);
});

test("what is no report is refused with the reason", () => {
  const refusal = (scalars: Record<string, number>, metadata: Record<string, string>) => () =>
    fromInteraction({ scalars, metadata });
  expect(refusal({}, { kind: "party" })).toThrow(expect.objectContaining({ code: "refused" }));
  const { scalars, metadata } = toInteraction(RELABEL);
  expect(refusal({ ...scalars, terminated: 2 }, metadata)).toThrow("terminated");
  expect(refusal({ ...scalars, sequence: 0 }, metadata)).toThrow("sequence");
  expect(refusal({ ...scalars, more: 0 }, metadata)).toThrow("more");
});
