import { setTimeout as delay } from "node:timers/promises";
import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

it("runs actions in order, and the next one also after a failure", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const slow = turns.take(async () => {
    await delay(20);
    done.push("slow");
    return 1;
  });
  const failing = turns.take(() => {
    throw new Error("full");
  });
  void turns.take(() => done.push("last"));
  await expect(failing).rejects.toThrow("full");
  expect(await slow).toBe(1);
  await turns.settled;
  expect(done).toEqual(["slow", "last"]);
});
