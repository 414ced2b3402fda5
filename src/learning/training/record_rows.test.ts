import { describe, expect, it } from "vitest";
import { RecordRows, RecordRowsStateSchema } from "./record_rows.ts";

const id = (sequence: number, session = "arm") => ({ session, sequence });

describe("RecordRows", () => {
  it("finds the row of every record, also where actors take turns and where rows were left out", () => {
    const rows = new RecordRows(100);
    const expected: [string, number, number][] = [];
    let row = 0;
    for (const [session, first, length] of [
      ["a", 1, 5],
      ["b", 1, 3],
      ["a", 6, 4],
      ["a", 11, 2],
    ] as const) {
      for (let i = 0; i < length; i++) expected.push([session, first + i, row++]);
    }
    for (const [session, sequence, at] of expected) rows.set(id(sequence, session), at);
    expect(expected.map(([session, sequence]) => rows.get(id(sequence, session)))).toEqual(
      expected.map(([, , at]) => at),
    );
    expect([rows.get(id(10, "a")), rows.get(id(4, "b")), rows.get(id(1, "c"))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    // a's tenth was never stored, so its eleventh begins a run of its own.
    expect(rows.state()).toEqual([
      ["a", 1, 0, 5],
      ["b", 1, 5, 3],
      ["a", 6, 8, 4],
      ["a", 11, 12, 2],
    ]);
  });

  it("remembers at least as many as it should, and not many more, however the records come", () => {
    for (const sessions of [1, 7]) {
      const rows = new RecordRows(50);
      for (let i = 0; i < 1000; i++) rows.set(id(Math.floor(i / sessions) + 1, String(i % sessions)), i);
      for (let i = 950; i < 1000; i++) expect(rows.get(id(Math.floor(i / sessions) + 1, String(i % sessions)))).toBe(i);
      const remembered = rows.state().reduce((sum, [, , , count]) => sum + count, 0);
      expect(remembered).toBeGreaterThanOrEqual(50);
      expect(remembered).toBeLessThan(100);
    }
  });

  it("goes through JSON", () => {
    const rows = new RecordRows(50);
    for (let i = 1; i < 30; i++) rows.set(id(i, i % 3 === 0 ? "a" : "b"), 7 * i);
    const restored = new RecordRows(50, RecordRowsStateSchema.parse(JSON.parse(JSON.stringify(rows.state()))));
    expect(restored.state()).toEqual(rows.state());
    expect(restored.get(id(9, "a"))).toBe(63);
  });
});
