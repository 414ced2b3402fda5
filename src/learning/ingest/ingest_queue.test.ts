import { describe, expect, it } from "vitest";
import { IngestQueue } from "./ingest_queue.ts";

/** Whether the promise has settled once everything that was ready has run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const tick = new Promise((resolve) => setImmediate(() => resolve(pending)));
  return (await Promise.race([promise, tick])) !== pending;
}

describe("IngestQueue", () => {
  it("holds what comes when its records or bytes are used up, until some are taken", async () => {
    for (const [records, bytes] of [
      [5000, 10],
      [1, 64 * 2 ** 20],
    ] as const) {
      const intake = new IngestQueue(() => false);
      await intake.admit(records, bytes);
      const next = intake.admit(3, 30);
      expect(await isDone(next)).toBe(false);
      expect(intake.records).toBe(records + 3);
      intake.done(records, bytes);
      await next;
      expect(intake.records).toBe(3);
    }
  });

  it("holds what comes while updates are behind, counting what is on the way", async () => {
    let allowed = 4;
    const intake = new IngestQueue((queued) => queued >= allowed);
    await intake.admit(4, 0);
    const next = intake.admit(1, 0);
    expect(await isDone(next)).toBe(false);
    allowed = 5;
    intake.recheck();
    await next;
  });

  it("lets those pass that would otherwise be waited for, and only as long", async () => {
    const intake = new IngestQueue(() => true);
    const waiting = intake.admit(2, 0);
    expect(await isDone(waiting)).toBe(false);
    await intake.bypassWhile(() => waiting);
    expect(await isDone(intake.admit(1, 0))).toBe(false);
    expect(intake.records).toBe(3);
  });
});
