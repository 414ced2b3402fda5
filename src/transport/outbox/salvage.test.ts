import { describe, expect, it } from "vitest";
import { Random } from "../../tensor/random.ts";
import { countLost, salvage } from "./salvage.ts";
import { encodeHeader, encodeRecordHeader, HEADER_BYTES } from "./segment_file.ts";

const payloads = (lengths: readonly number[]) => lengths.map((length, i) => Buffer.alloc(length, i + 1));
const segmentOf = (records: readonly Buffer[]) =>
  Buffer.concat([encodeHeader(1), ...records.flatMap((each) => [encodeRecordHeader(each), each])]);
const found = (segment: Buffer) => salvage(segment).map((each) => (each.kind === "record" ? each.payload : each.bytes));

describe("salvage", () => {
  it("finds every record around a range of random bytes", () => {
    const random = new Random(5);
    const records = payloads(Array.from({ length: 40 }, () => 30 + random.integer(90)));
    const segment = segmentOf(records);
    const start = HEADER_BYTES + 8 + records[0]!.length;
    const end = start + 200;
    for (let at = start; at < end; at++) segment[at] = random.integer(256);
    const kept = salvage(segment).flatMap((each) => (each.kind === "record" ? [each.payload] : []));
    expect(kept).toEqual(records.filter((each) => kept.some((other) => other.equals(each))));
    expect(kept.length).toBeGreaterThanOrEqual(records.length - 7);
  });

  it("estimates lost records from the size of the others, and counts exactly if the total is known", () => {
    const records = payloads([50, 50, 50, 50, 50]);
    const segment = segmentOf(records);
    segment.fill(7, HEADER_BYTES + 58, HEADER_BYTES + 3 * 58);
    expect(found(segment)).toEqual([records[0], 116, records[3], records[4]]);
    expect([...countLost(salvage(segment), undefined).values()]).toEqual([2]);
    expect([...countLost(salvage(segment), 9).values()]).toEqual([6]);
  });

  it("does not mistake unwritten zeros for records", () => {
    const records = payloads([50, 60]);
    expect(found(Buffer.concat([segmentOf(records), Buffer.alloc(4096)]))).toEqual([...records, 4096]);
  });

  it("skips a damaged image of megabytes quickly, even if its bytes look like lengths", () => {
    const random = new Random(1);
    const image = Buffer.alloc(2_000_000);
    for (let i = 0; i < image.length; i++) image[i] = i % 3 === 0 ? random.integer(256) : 0;
    const records = [image, Buffer.alloc(2_000_000, 1), ...payloads([100, 100, 100])];
    const segment = segmentOf(records);
    segment[HEADER_BYTES + 1000]! ^= 1;
    const start = performance.now();
    const stretches = found(segment);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(stretches).toHaveLength(5);
    expect(stretches[0]).toBe(image.length + 8);
    for (const [i, each] of stretches.slice(1).entries()) expect((each as Buffer).equals(records[i + 1]!)).toBe(true);
  });
});
