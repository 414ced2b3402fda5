/** Precedence is tested with the control loop (`episode_runner.test.ts`). */
import { expect, test } from "vitest";
import { Pendulum } from "../envs/pendulum.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator, verdictOf } from "./teleoperator.ts";
import { TeleoperatorGroup } from "./teleoperator_group.ts";

function device(
  id: string,
  log: string[],
  { connects = true, events = {} as Partial<TeleopEvents> } = {},
): Teleoperator {
  return {
    id,
    events: { getTeleopEvents: () => ({ ...NO_EVENTS, ...events }) },
    connect: async () => {
      if (!connects) throw new Error(`${id} is not plugged in`);
      log.push(`+${id}`);
    },
    disconnect: async () => {
      log.push(`-${id}`);
      if (id === "stubborn") throw new Error("stuck");
    },
  };
}

test("when one device cannot be connected, those before it are let go", async () => {
  const log: string[] = [];
  const group = new TeleoperatorGroup(
    [device("pedal", log), device("arm", log, { connects: false }), device("pad", log)],
    new Pendulum(),
  );
  await expect(group.connect()).rejects.toThrow("arm is not plugged in");
  expect(log).toEqual(["+pedal", "-pedal"]);
});

test("all devices are disconnected, even if one of them throws", async () => {
  const log: string[] = [];
  const group = new TeleoperatorGroup([device("stubborn", log), device("pad", log)], new Pendulum());
  await group.connect();
  await group.disconnect();
  expect(log).toEqual(["+stubborn", "+pad", "-stubborn", "-pad"]);
});

test("without teleoperators the policy acts alone", () => {
  expect(new TeleoperatorGroup([], new Pendulum()).read()).toEqual({ events: NO_EVENTS, by: null, action: null });
});

test("a device that can do nothing is refused by name", () => {
  const { events: _, ...nothing } = device("ornament", []);
  expect(() => new TeleoperatorGroup([nothing], new Pendulum())).toThrow(
    '"ornament" neither steers nor reports events',
  );
});

test("recording again counts before success, success before failure", () => {
  const all = { ...NO_EVENTS, success: true, failure: true, rerecordEpisode: true };
  expect(verdictOf(all)).toBe("rerecord");
  expect(verdictOf({ ...all, rerecordEpisode: false })).toBe("success");
  expect(verdictOf({ ...NO_EVENTS, failure: true })).toBe("failure");
  expect(verdictOf({ ...NO_EVENTS, terminateEpisode: true, isIntervention: true })).toBeUndefined();
});
