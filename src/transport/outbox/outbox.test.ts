import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal } from "./journal.ts";
import { Outbox } from "./outbox.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "handrail-outbox-"));
});
afterEach(() => rm(directory, { recursive: true }));

const KIBIBYTE = 1024;
const record = (sequence: number) => new Uint8Array(KIBIBYTE).fill(sequence % 251);
const openJournal = () =>
  Journal.open({ directory, name: "transitions", segmentBytes: 32 * KIBIBYTE, syncToDisk: false });
/** Every sequence of the outbox, read in batches like the sender. */
async function drain(outbox: Outbox): Promise<number[]> {
  const sequences: number[] = [];
  for (let next = outbox.oldest; next <= outbox.newest; ) {
    const records = await outbox.read(next, 8 * KIBIBYTE, 16);
    for (const [index, bytes] of records.entries()) {
      expect(Buffer.from(bytes).equals(record(next + index))).toBe(true);
      sequences.push(next + index);
    }
    next += records.length;
  }
  return sequences;
}
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

describe("Outbox in memory", () => {
  it("numbers records in the order of the calls, also while calls wait for room", async () => {
    const outbox = new Outbox({ memoryBytes: 4 * KIBIBYTE, diskBytes: 0 });
    const sends = range(1, 20).map((sequence) => outbox.append(record(sequence), 5));
    const seen: number[] = [];
    while (seen.length < 20) {
      seen.push(...(await drain(outbox)));
      await outbox.acknowledge(outbox.newest);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await Promise.all(sends)).toEqual(range(1, 20));
    expect(seen).toEqual(range(1, 20));
  });

  it("stays within its memory, waits for room, and reports the waiting time", async () => {
    const outbox = new Outbox({ memoryBytes: 10 * KIBIBYTE, diskBytes: 0 });
    for (let sequence = 1; sequence <= 8; sequence++) await outbox.append(record(sequence), 0.01);
    expect(outbox.metrics().fill).toBeGreaterThan(0.9);
    await expect(outbox.append(record(9), 0.05)).rejects.toMatchObject({ code: "outbox-full" });
    expect(outbox.metrics()).toMatchObject({ records: 8 });
    expect(outbox.metrics().blockedS).toBeGreaterThan(0.04);
    await outbox.acknowledge(3);
    expect(await outbox.append(record(9), 0.01)).toBe(9);
    expect(await drain(outbox)).toEqual(range(4, 9));
  });

  it("accepts one record that is larger than all its memory, instead of blocking for ever", async () => {
    const outbox = new Outbox({ memoryBytes: 100, diskBytes: 0 });
    expect(await outbox.append(record(1), 0.01)).toBe(1);
  });

  it("refuses a caller that never awaits, instead of queueing without bound", async () => {
    const outbox = new Outbox({ memoryBytes: KIBIBYTE, diskBytes: 0 });
    const sends = await Promise.allSettled(range(1, 100).map((sequence) => outbox.append(record(sequence), 0.02)));
    const reasons = sends.flatMap((send) => (send.status === "rejected" ? [String(send.reason)] : []));
    expect(reasons.filter((reason) => reason.includes("await each send"))).toHaveLength(35);
    expect(reasons.filter((reason) => reason.includes("no room"))).toHaveLength(64);
  });

  it("ends waits when it is closed", async () => {
    const outbox = new Outbox({ memoryBytes: KIBIBYTE, diskBytes: 0 });
    await outbox.append(record(1), 1);
    const waiting = outbox.append(record(2), 60);
    const closing = outbox.close();
    await expect(waiting).rejects.toMatchObject({ code: "closed" });
    await closing;
  });
});

describe("Outbox with a journal", () => {
  it("keeps its newest records in memory and reads the others from disk", async () => {
    const outbox = new Outbox({ memoryBytes: 16 * KIBIBYTE, diskBytes: 1e9, journal: await openJournal() });
    for (let sequence = 1; sequence <= 200; sequence++) await outbox.append(record(sequence), 1);
    expect(outbox.metrics().memoryBytes).toBeLessThanOrEqual(16 * KIBIBYTE);
    expect(await drain(outbox)).toEqual(range(1, 200));
    await outbox.acknowledge(150);
    expect(await drain(outbox)).toEqual(range(151, 200));
    expect(outbox.metrics().diskBytes).toBeLessThan(100 * KIBIBYTE);
    await outbox.close();
  });

  it("has every accepted record after reopening", async () => {
    const first = new Outbox({ memoryBytes: 1e6, diskBytes: 1e9, journal: await openJournal() });
    await Promise.all(range(1, 60).map((sequence) => first.append(record(sequence), 1)));
    await first.acknowledge(40);
    await first.close();
    const second = new Outbox({ memoryBytes: 1e6, diskBytes: 1e9, journal: await openJournal() });
    const held = await drain(second);
    expect(held.slice(-20)).toEqual(range(41, 60));
    expect(await second.append(record(61), 1)).toBe(61);
    await second.close();
  });

  it("stays within its disk space, and has room again after acknowledgements", async () => {
    const diskBytes = 256 * KIBIBYTE;
    const outbox = new Outbox({ memoryBytes: 8 * KIBIBYTE, diskBytes, journal: await openJournal() });
    let accepted = 0;
    await expect(
      (async () => {
        for (;;) accepted = await outbox.append(record(accepted + 1), 0.05);
      })(),
    ).rejects.toMatchObject({ code: "outbox-full" });
    expect(outbox.metrics().diskBytes).toBeLessThanOrEqual(diskBytes);
    expect(accepted).toBeGreaterThan(200);
    await outbox.acknowledge(accepted);
    for (let more = 1; more <= 100; more++) await outbox.append(record(accepted + more), 0.05);
    expect(outbox.newest).toBe(accepted + 100);
    await outbox.close();
  });

  it("waits while the journal cannot be written, reports why, and then continues", async () => {
    const journal = await openJournal();
    const problems: (string | undefined)[] = [];
    const onProblem = (problem: string | undefined) => void problems.push(problem);
    const outbox = new Outbox({ memoryBytes: 1e6, diskBytes: 1e9, journal, onProblem });
    await outbox.append(record(1), 1);
    const append = journal.append.bind(journal);
    journal.append = () => Promise.reject(new Error("ENOSPC: no space left on device"));
    const waiting = outbox.append(record(2), 1);
    await outbox.changed.until(() => outbox.metrics().problem, { what: "the problem", deadlineS: 10 });
    expect(outbox.newest).toBe(1);
    await expect(outbox.append(record(3), 0.1)).rejects.toThrow(/no room .* no space left/);
    journal.append = append;
    expect(await waiting).toBe(2);
    expect(await outbox.append(record(3), 1)).toBe(3);
    expect(problems).toEqual(["cannot write the outbox journal: ENOSPC: no space left on device", undefined]);
    expect(outbox.metrics().problem).toBeUndefined();
    await outbox.close();
    const again = new Outbox({ memoryBytes: 1e6, diskBytes: 1e9, journal: await openJournal() });
    expect(await drain(again)).toEqual(range(1, 3));
    await again.close();
  });

  it("rejects a waiting record if it closes while the journal cannot be written", async () => {
    const journal = await openJournal();
    const outbox = new Outbox({ memoryBytes: 1e6, diskBytes: 1e9, journal });
    journal.append = () => Promise.reject(new Error("EIO: i/o error"));
    const waiting = outbox.append(record(1), 60);
    const rejected = expect(waiting).rejects.toThrow("i/o error; waiting records were not accepted");
    await outbox.close();
    await rejected;
    expect(outbox.newest).toBe(0);
  });
});
