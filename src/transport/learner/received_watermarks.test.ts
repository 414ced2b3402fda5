import { describe, expect, it } from "vitest";
import { emptyState, parseState, ReceivedWatermarks } from "./received_watermarks.ts";

describe("ReceivedWatermarks", () => {
  it("restore as received and durable: a checkpoint holds the records it covers", () => {
    const marks = new ReceivedWatermarks(10);
    marks.restore({ a: 5 });
    expect(marks.get("a")).toEqual({ received: 5, durable: 5 });
    expect(marks.get("b")).toEqual({ received: 0, durable: 0 });
    expect(marks.received()).toEqual({ a: 5 });
  });

  it("never count a record as durable that was not received, nor make a durable one volatile", () => {
    const marks = new ReceivedWatermarks(10);
    marks.setReceived("a", 5);
    marks.setDurable("a", 99);
    expect(marks.get("a").durable).toBe(5);
    marks.setDurable("a", 2);
    expect(marks.get("a").durable).toBe(5);
    marks.setDurable("unknown", 3);
    expect(marks.received()).toEqual({ a: 5 });
  });

  it("remember a limited number of sessions, and always the known ones", () => {
    const marks = new ReceivedWatermarks(1);
    marks.setReceived("a", 1);
    expect(() => marks.requireRoomFor("b")).toThrow("at most 1 actor sessions");
    marks.requireRoomFor("a");
  });

  it("restore exactly the sessions that delivered records", () => {
    const marks = new ReceivedWatermarks(2);
    marks.restore({ ...Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`empty-${i}`, 0])), a: 5 });
    expect(marks.received()).toEqual({ a: 5 });
    marks.requireRoomFor("b");
    marks.restore({ a: 5, b: 1, c: 2 });
    expect(marks.received()).toEqual({ a: 5, b: 1, c: 2 });
    expect(() => marks.requireRoomFor("d")).toThrow("at most 2 actor sessions");
  });
});

describe("a learner's state", () => {
  it("survives a JSON round trip", () => {
    const state = { version: 1, transitions: { a: 3 }, interactions: {} };
    expect(parseState(JSON.parse(JSON.stringify(state)))).toEqual(state);
    expect(parseState(emptyState())).toEqual(emptyState());
  });

  it.each([
    ["another version", { version: 2, transitions: {}, interactions: {} }, "version"],
    ["a missing part", { version: 1, transitions: {} }, "interactions"],
    ["half a sequence", { version: 1, transitions: { a: 0.5 }, interactions: {} }, "transitions.a"],
  ])("is refused with %s", (_name, state, reason) => {
    expect(() => parseState(state)).toThrow(reason);
  });
});
