import { describe, expect, it } from "vitest";
import type { RecordBatch } from "../codec/batch_codec.ts";
import type { TransportEvent } from "../events.ts";
import type { Acknowledgement, StreamHandshake } from "../link.ts";
import type { RecordId } from "../messages.ts";
import { Inbox, type InboxOptions } from "./inbox.ts";

const never = new AbortController().signal;
const handshake = (session = "robot", oldestHeld = 1): StreamHandshake => ({ protocolVersion: 1, session, oldestHeld });
const batch = (first: number, last: number): RecordBatch => ({
  firstSequence: first,
  records: Array.from({ length: last - first + 1 }, (_, index) => Uint8Array.of(first + index)),
});

function makeInbox(options: Partial<InboxOptions> = {}) {
  const taken: RecordId[] = [];
  const events: TransportEvent[] = [];
  const inbox = new Inbox({
    maxSessions: 10,
    maxActors: 2,
    durableOnceTaken: true,
    take: async (records) => void taken.push(...records.map(({ id }) => id)),
    onEvent: (event) => void events.push(event),
    ...options,
  });
  return { inbox, taken, events, sequences: () => taken.map(({ sequence }) => sequence) };
}

async function* from(...batches: RecordBatch[]): AsyncGenerator<RecordBatch> {
  yield* batches;
}

async function collect(stream: AsyncIterable<Acknowledgement>): Promise<Acknowledgement[]> {
  const all: Acknowledgement[] = [];
  for await (const acknowledgement of stream) all.push(acknowledgement);
  return all;
}

describe("Inbox", () => {
  it("answers the handshake with its progress, then acknowledges the records it takes", async () => {
    const { inbox, sequences } = makeInbox();
    inbox.marks.restore({ robot: 3 });
    const acknowledgements = await collect(inbox.serve(handshake(), from(batch(4, 6), batch(7, 7)), never));
    expect(acknowledgements[0]).toEqual({ received: 3, durable: 3, refused: [] });
    expect(acknowledgements.at(-1)).toEqual({ received: 7, durable: 7, refused: [] });
    expect(sequences()).toEqual([4, 5, 6, 7]);
  });

  it("takes only the new part of an overlapping batch", async () => {
    const { inbox, sequences } = makeInbox();
    await collect(inbox.serve(handshake(), from(batch(1, 4), batch(2, 6), batch(1, 6)), never));
    expect(sequences()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(inbox.metrics()).toMatchObject({ taken: 6, duplicates: 9 });
  });

  it("limits a session to its rate, loses no record, and does not delay other sessions", async () => {
    const { inbox, sequences, events } = makeInbox({ rate: { burst: 4, perSecond: 40 } });
    const startedMs = performance.now();
    const many = collect(
      inbox.serve(handshake(), from(...[1, 5, 9, 13].map((first) => batch(first, first + 3))), never),
    );
    const others = await collect(inbox.serve(handshake("honest"), from(batch(1, 4)), never));
    expect(others.at(-1)).toMatchObject({ received: 4 });
    (await inbox.hold())();
    expect(sequences().length).toBeLessThan(16 + 4);
    await many;
    // The burst and the batch after it are taken at once.
    expect(performance.now() - startedMs).toBeGreaterThan(150);
    expect(sequences().length).toBe(16 + 4);
    expect(events.map(({ code, message }) => [code, message])).toEqual([
      ["slowed-down", "actor session robot sends more than 40 reports a second: the rest wait at the actor"],
    ]);
  });

  it("refuses a batch that leaves a gap, and takes none of it", async () => {
    const { inbox, sequences } = makeInbox();
    await expect(collect(inbox.serve(handshake(), from(batch(1, 2), batch(4, 5)), never))).rejects.toThrow(
      "starts at 4; the next sequence is 3",
    );
    expect(sequences()).toEqual([1, 2]);
  });

  it("keeps sessions apart", async () => {
    const { inbox } = makeInbox();
    await collect(inbox.serve(handshake("a"), from(batch(1, 3)), never));
    await collect(inbox.serve(handshake("b"), from(batch(1, 5)), never));
    expect(inbox.marks.received()).toEqual({ a: 3, b: 5 });
  });

  it("remembers nothing about a session whose records it could not take", async () => {
    const { inbox } = makeInbox({ take: () => Promise.reject(new Error("no")) });
    await expect(collect(inbox.serve(handshake(), from(batch(1, 3)), never))).rejects.toThrow("no");
    expect(inbox.marks.received()).toEqual({});
  });

  it("ignores the claims of sessions that deliver nothing, and accepts an honest session after them", async () => {
    const { inbox, taken, events } = makeInbox({ maxSessions: 2 });
    await collect(inbox.serve(handshake("honest"), from(batch(1, 3)), never));
    const lost: RecordBatch = { firstSequence: 7, records: [new Uint8Array(0)] };
    for (let i = 0; i < 3000; i++) {
      const [first] = await collect(inbox.serve(handshake(`empty-${i}`, 7), from(...(i % 2 ? [lost] : [])), never));
      expect(first).toEqual({ received: 6, durable: 0, refused: [] });
    }
    expect(inbox.marks.received()).toEqual({ honest: 3 });
    expect([inbox.metrics().missing, events]).toEqual([0, []]);
    await collect(inbox.serve(handshake("late", 7), from(lost, batch(8, 9)), never));
    await collect(inbox.serve(handshake("honest", 4), from(batch(4, 4)), never));
    expect(inbox.marks.received()).toEqual({ honest: 4, late: 9 });
    expect(taken.filter(({ session }) => session === "late").map(({ sequence }) => sequence)).toEqual([8, 9]);
    // Six dropped records and one that the outbox lost count once a record follows them.
    expect(inbox.metrics().missing).toBe(7);
    await collect(inbox.serve(handshake("late", 7), from(batch(8, 10)), never));
    expect(inbox.metrics().missing).toBe(7);
    expect(events.map(({ code }) => code)).toEqual(["records-missing", "records-missing"]);
  });

  it("forgets a handshake's claims also if its handler fails or its stream is superseded", async () => {
    const { inbox } = makeInbox({ take: () => Promise.reject(new Error("no")) });
    await expect(collect(inbox.serve(handshake("robot", 5), from(batch(5, 6)), never))).rejects.toThrow("no");
    const stop = new AbortController();
    const older = inbox.serve(handshake("robot", 5), hanging(stop.signal), stop.signal);
    expect((await older.next()).value?.received).toBe(4);
    expect((await collect(inbox.serve(handshake("robot", 2), from(), never)))[0]?.received).toBe(1);
    await expect(older.next()).rejects.toMatchObject({ code: "superseded" });
    stop.abort(new Error("stopped"));
    expect((await collect(inbox.serve(handshake("robot"), from(), never)))[0]?.received).toBe(0);
    expect(inbox.marks.received()).toEqual({});
  });

  it("lets a newer stream of a session take over once the older one's batch is done", async () => {
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const taken: number[] = [];
    const { inbox, events } = makeInbox({
      take: async (records) => {
        await gate;
        taken.push(...records.map(({ id }) => id.sequence));
      },
    });
    const older = collect(inbox.serve(handshake(), from(batch(1, 3), batch(4, 9)), never));
    older.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const newer = inbox.serve(handshake(), from(batch(4, 5)), never);
    const first = newer.next();
    release();
    expect((await first).value).toEqual({ received: 3, durable: 3, refused: [] });
    await collect(newer);
    await expect(older).rejects.toMatchObject({ code: "superseded" });
    expect(taken).toEqual([1, 2, 3, 4, 5]);
    expect(events.map(({ code }) => code)).toEqual(["superseded"]);
  });

  it("serves a limited number of actors, and refuses others with a retryable error", async () => {
    const { inbox } = makeInbox({ maxActors: 1 });
    const stop = new AbortController();
    const first = inbox.serve(handshake("a"), hanging(stop.signal), stop.signal);
    await first.next();
    await expect(inbox.serve(handshake("b"), from(), never).next()).rejects.toMatchObject({ code: "unavailable" });
    stop.abort(new Error("stopped"));
    await expect(first.next()).rejects.toThrow("stopped");
    expect((await collect(inbox.serve(handshake("b"), from(batch(1, 1)), never))).at(-1)?.received).toBe(1);
  });

  it.each([
    ["another protocol version", { ...handshake(), protocolVersion: 2 }, "protocol version 2"],
    ["an empty session name", handshake(""), "session name"],
    ["a session that starts at 0", handshake("robot", 0), "oldest_held"],
  ])("refuses %s", async (_name, bad, reason) => {
    await expect(makeInbox().inbox.serve(bad, from(), never).next()).rejects.toThrow(reason);
  });
});

async function* hanging(signal: AbortSignal): AsyncGenerator<RecordBatch> {
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
