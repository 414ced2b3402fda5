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
  interventions: [
    [3, 9],
    [39, 40],
  ],
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
  kind: "status",
  actor: "actor",
  interaction_step: 40,
  state: "holding",
  control_frequency_hz: 9.5,
  control_jitter_p50_ms: 0.1,
  control_jitter_p99_ms: 0.4,
  policy_p50_ms: 1,
  policy_p99_ms: 2,
  parameters_version: -1,
  parameters_age_s: 3,
  outbox_records: 2,
  outbox_bytes: 900,
};
const NOTICE: ActorReport = { kind: "notice", actor: "actor", level: "warn", message: "the robot holds" };

test.each([EPISODE, RELABEL, STATUS, NOTICE])("a report survives the wire unchanged", (report) => {
  expect(fromInteraction(decodeInteraction(encodeInteraction(toInteraction(report))))).toEqual(report);
});

test("input that is not a report is refused with the reason", () => {
  const refusal = (scalars: Record<string, number>, metadata: Record<string, string>) => () =>
    fromInteraction({ scalars, metadata });
  expect(refusal({}, { kind: "party" })).toThrow(expect.objectContaining({ code: "refused" }));
  const { scalars, metadata } = toInteraction(RELABEL);
  expect(refusal({ ...scalars, terminated: 2 }, metadata)).toThrow("terminated");
  expect(refusal({ ...scalars, sequence: 0 }, metadata)).toThrow("sequence");
  expect(refusal({ ...scalars, more: 0 }, metadata)).toThrow("more");
});

test.each([
  [
    RELABEL,
    { reward: 1e300 },
    'relabel report of actor "actor": reward is 1e+300: Too big: expected number to be <=2000000000000',
  ],
  [EPISODE, { episodic_return: -1e300 }, "episodic_return is -1e+300"],
  [EPISODE, { episode_length: 2 ** 60 }, "episode_length is 1152921504606847000"],
  [EPISODE, { episode_length: 0.5 }, "episode_length is 0.5"],
  [STATUS, { control_jitter_p99_ms: 1e300 }, "control_jitter_p99_ms is 1e+300"],
  [STATUS, { actor: "a".repeat(65) }, "actor is"],
  [NOTICE, { actor: "\u001b[2Jactor" }, "has control characters"],
  [NOTICE, { actor: "actor\nerror: forged" }, "has control characters"],
  [NOTICE, { actor: "" }, "actor is"],
  [NOTICE, { actor: ".." }, "which means something else"],
  [STATUS, { actor: "a\u202eb" }, "marks that turn text around"],
] as const)(
  "a report with an impossible value is refused by actor, field and value: %o %o",
  (report, change, reason) => {
    const wrong = toInteraction({ ...report, ...change } as ActorReport);
    expect(() => fromInteraction(wrong)).toThrow(reason);
  },
);

test("a notice fits on one line of a terminal and is cut at its maximum length", () => {
  const message = `first\nerror: forged \u001b[31m${"x".repeat(5000)}`;
  const notice = fromInteraction(toInteraction({ ...NOTICE, message } as ActorReport));
  expect(notice).toMatchObject({ message: expect.stringContaining("first\\nerror: forged \\u001b[31mxxx") });
  expect((notice as { message: string }).message.length).toBeLessThan(2100);
});
