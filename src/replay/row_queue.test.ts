import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blockRows, bytesPerRow, type ColumnSpec, RowQueue } from "./row_queue.ts";

const COLUMNS: ColumnSpec[] = [
  { name: "id", dtype: "uint32", width: 1 },
  { name: "wide", dtype: "uint8", width: 60 },
  { name: "pair", dtype: "float32", width: 2 },
];

function append(queue: RowQueue, id: number): void {
  const position = queue.append();
  const [ids, wide, pair] = queue.columns;
  ids!.write(position, Uint32Array.of(id));
  wide!.write(position, new Uint8Array(60).fill(id));
  pair!.write(position, Float32Array.of(id, -id));
}

const ids = (queue: RowQueue) =>
  Array.from({ length: queue.size }, (_, i) => queue.columns[0]!.read(queue.first - queue.originRow + i)[0]);
const blocks = (queue: RowQueue) => queue.columns[0]!.blocks.length;

describe("RowQueue", () => {
  it("holds the rows between front and end, in order, in as few blocks as possible", () => {
    const operations = fc.array(fc.record({ appends: fc.nat(20), drops: fc.nat(20) }), { maxLength: 30 });
    fc.assert(
      fc.property(operations, fc.constantFrom(1, 2, 4, 16), (plan, rowsPerBlock) => {
        const queue = new RowQueue(COLUMNS, rowsPerBlock);
        const model: number[] = [];
        let next = 0;
        for (const { appends, drops } of plan) {
          for (let i = 0; i < appends; i++, next++) {
            append(queue, next);
            model.push(next);
          }
          model.splice(0, drops);
          queue.dropBefore(next - model.length);
          expect(ids(queue)).toEqual(model);
          expect([queue.first, queue.end, queue.size]).toEqual([next - model.length, next, model.length]);
          expect(blocks(queue)).toBeLessThanOrEqual(Math.ceil(model.length / rowsPerBlock) + 1);
        }
      }),
    );
  });

  it("reuses an emptied block instead of allocating another", () => {
    const queue = new RowQueue(COLUMNS, 2);
    for (let id = 0; id < 3; id++) append(queue, id);
    const emptied = queue.columns[0]!.blocks[0];
    queue.dropBefore(2);
    append(queue, 3);
    append(queue, 4);
    expect(queue.columns[0]!.blocks[1]).toBe(emptied);
  });

  it("continues counting when it begins in the middle of a block", () => {
    const queue = new RowQueue(COLUMNS, 4, { first: 6, end: 9 });
    expect([queue.originRow, queue.size, blocks(queue)]).toEqual([4, 3, 2]);
    append(queue, 9);
    expect(ids(queue)).toEqual([0, 0, 0, 9]);
  });

  it("gathers narrow and wide rows from several blocks, with an offset, to any row of the target", () => {
    const queue = new RowQueue(COLUMNS, 2);
    for (let id = 0; id < 7; id++) append(queue, id);
    const [, wide, pair] = queue.columns;
    const positions = Uint32Array.of(5, 0, 3);
    const pairs = new Float32Array(8);
    pair!.gather(positions, 1, 3, pairs, 1);
    expect([...pairs]).toEqual([0, 0, 6, -6, 1, -1, 4, -4]);
    const wides = new Uint8Array(180);
    wide!.gather(positions, 0, 3, wides, 0);
    expect([wides[0], wides[59], wides[60], wides[119], wides[120], wides[179]]).toEqual([5, 5, 0, 0, 3, 3]);
  });

  it("compares bit for bit", () => {
    const queue = new RowQueue(COLUMNS, 2);
    append(queue, 0);
    const [, wide, pair] = queue.columns;
    expect(pair!.equals(0, Float32Array.of(0, -0))).toBe(true);
    expect(pair!.equals(0, Float32Array.of(0, 0))).toBe(false);
    const row = new Uint8Array(60);
    expect(wide!.equals(0, row)).toBe(true);
    row[59] = 1;
    expect(wide!.equals(0, row)).toBe(false);
  });
});

describe("block size", () => {
  it("is the largest power of two of rows that fits, limited to the capacity", () => {
    expect(bytesPerRow(COLUMNS)).toBe(72);
    expect(blockRows(COLUMNS, 72 * 9, 1000)).toBe(8);
    expect(blockRows(COLUMNS, 72 * 9, 5)).toBe(8);
    expect(blockRows(COLUMNS, 72 * 9, 4)).toBe(4);
    expect(blockRows(COLUMNS, 1, 1000)).toBe(1);
  });
});
