import { beforeEach, expect, it } from "vitest";
import type { UncountedRunEvent } from "../../metrics/run_event.ts";
import type { StatusReport } from "../../spec/actor_report.ts";
import { RemoteActors } from "./remote_actors.ts";

const STATUS: StatusReport = {
  kind: "status",
  actor: "left",
  interaction_step: 40,
  state: "running",
  control_frequency_hz: 10,
  control_jitter_p50_ms: 0.1,
  control_jitter_p99_ms: 0.4,
  policy_p50_ms: 1,
  policy_p99_ms: 2,
  parameters_version: 7,
  parameters_age_s: 3,
  outbox_records: 2,
  outbox_bytes: 900,
};
const { kind: _, interaction_step: __, ...EVENT } = { type: "actor", ...STATUS };

let emitted: UncountedRunEvent[];
let nowMs: number;
let actors: RemoteActors;
beforeEach(() => {
  [emitted, nowMs] = [[], 0];
  actors = new RemoteActors(
    (event) => emitted.push(event),
    () => nowMs,
  );
});

it("emits the state of each actor, and only the newest of late reports", () => {
  actors.take("session", [STATUS, { ...STATUS, actor: "right" }, { ...STATUS, outbox_records: 5 }]);
  expect(emitted).toEqual([
    { ...EVENT, outbox_records: 5, connected: true },
    { ...EVENT, actor: "right", connected: true },
  ]);
});

it("repeats every notice, under the actor's name", () => {
  const notice = { kind: "notice", actor: "left", level: "warn" } as const;
  actors.take("session", [
    { ...notice, message: "the robot holds" },
    { ...notice, message: "the robot moves" },
  ]);
  const event = { type: "notice", level: "warn", source: "left" };
  expect(emitted).toEqual([
    { ...event, message: "the robot holds" },
    { ...event, message: "the robot moves" },
  ]);
});

it("says once of an actor that went silent that it is not connected", () => {
  actors.take("session", [STATUS]);
  nowMs = 4999;
  actors.missSilent();
  expect(emitted).toHaveLength(1);
  nowMs = 5000;
  actors.missSilent();
  actors.missSilent();
  expect(emitted.slice(1)).toEqual([{ ...EVENT, control_frequency_hz: 0, connected: false }]);
  actors.take("session", [STATUS]);
  expect(emitted.at(-1)).toMatchObject({ connected: true });
});

it("leaves out and counts what comes too fast, and nothing of another session", () => {
  const notice = { kind: "notice", actor: "left", level: "warn", message: "!" } as const;
  let leftOut = 0;
  for (let i = 0; i < 5000; i++) leftOut += actors.take("flood", [notice, STATUS]);
  actors.take("honest", [
    { ...notice, actor: "right" },
    { ...STATUS, actor: "right" },
  ]);
  const reported = (actor: string) => emitted.filter((event) => JSON.stringify(event).includes(`"${actor}"`)).length;
  expect([reported("left"), reported("right")]).toEqual([130, 2]);
  expect(leftOut).toBe(10_000 - 130);
  for (let second = 0; second < 3600; second++) {
    nowMs += 1000;
    expect(actors.take("honest", [STATUS, notice])).toBe(0);
  }
  expect(reported("left")).toBe(130 + 7200);
});

it("refuses a session the ninth name of an actor", () => {
  for (let i = 1; i <= 8; i++) actors.checkName("session", `arm ${i}`);
  expect(() => actors.checkName("session", "arm 9")).toThrow("one session reports for at most 8 names of actors");
  actors.checkName("session", "arm 8");
  actors.checkName("another", "arm 9");
});
