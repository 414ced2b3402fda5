import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { type DemonstrationPlayer, type PlayedDemonstration, SharedAttempts } from "./shared_attempts.ts";

/** Players that note what they begin, and end it when a test says so. */
function rig(players: number) {
  const begun: number[] = [];
  const endings = new Map<number, (outcome: "played" | Error) => void>();
  const play = (seed: number) =>
    new Promise<PlayedDemonstration>((resolve, reject) => {
      begun.push(seed);
      endings.set(seed, (outcome) => {
        if (outcome instanceof Error) reject(outcome);
        else resolve({ episode: seed } as PlayedDemonstration);
      });
    });
  const all = Array.from({ length: players }, (): DemonstrationPlayer => ({ play }));
  const end = async (seed: number, outcome: "played" | Error = "played") => {
    endings.get(seed)!(outcome);
    await sleep(0);
  };
  return { begun, end, shared: new SharedAttempts(all, 0, (attempt) => attempt) };
}

it("hands attempts on in their order, whichever ends first", async () => {
  const { shared, end } = rig(2);
  const first = shared.take(0, 2);
  await end(1);
  await end(0);
  expect((await first)?.episode).toBe(0);
  expect((await shared.take(1, 1))?.episode).toBe(1);
});

it("plays at most two attempts per player ahead of their use, and no more than are wanted", async () => {
  const { shared, begun, end } = rig(2);
  const first = shared.take(0, 9);
  for (const attempt of [1, 2, 3]) await end(attempt);
  expect(begun).toEqual([0, 1, 2, 3]);
  await end(0);
  await first;
  void shared.take(1, 1);
  await sleep(0);
  expect(begun, "one more is wanted, and it is played already").toEqual([0, 1, 2, 3]);
});

it("throws what failed when its turn comes, not before", async () => {
  const { shared, end } = rig(2);
  const first = shared.take(0, 2);
  await end(1, new Error("jammed"));
  await end(0);
  expect((await first)?.episode).toBe(0);
  await expect(shared.take(1, 1)).rejects.toThrow("jammed");
});

it("stops waiting when the signal aborts", async () => {
  const { shared } = rig(1);
  const stop = new AbortController();
  const taking = shared.take(0, 1, stop.signal);
  stop.abort();
  expect(await taking).toBeUndefined();
});
