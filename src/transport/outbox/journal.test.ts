import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Journal, type JournalOptions } from "./journal.ts";
import { describeDamage, type SegmentDamage } from "./segments.ts";

let directory: string;
let options: JournalOptions;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "handrail-journal-"));
  options = { directory, name: "transitions", segmentBytes: 200, syncToDisk: false };
});
afterEach(() => rm(directory, { recursive: true }));

const record = (sequence: number) => Buffer.from(`record ${sequence}`.padEnd(40, "."));
const records = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => record(first + index));
const files = async () => (await readdir(directory)).sort();

async function filled(last: number): Promise<Journal> {
  const journal = await Journal.open(options);
  for (let sequence = 1; sequence <= last; sequence++) await journal.append([record(sequence)]);
  return journal;
}

describe("Journal", () => {
  it("numbers records from 1 and reads them back across segments", async () => {
    const journal = await filled(20);
    expect((await files()).length).toBeGreaterThan(3);
    expect(await journal.read(1, 1e6, 100)).toEqual(records(1, 20));
    expect(await journal.read(7, 1e6, 5)).toEqual(records(7, 11));
    expect(await journal.read(3, 1e6, 2)).toEqual(records(3, 4));
    await journal.close();
  });

  it("stops at the byte limit, continues from there, and always returns one record", async () => {
    const journal = await filled(10);
    expect(await journal.read(1, 100, 100)).toEqual(records(1, 2));
    expect(await journal.read(3, 100, 100)).toEqual(records(3, 4));
    expect(await journal.read(5, 1, 100)).toEqual(records(5, 5));
    await journal.close();
  });

  it("keeps everything after reopening, and continues counting", async () => {
    await (await filled(9)).close();
    const journal = await Journal.open(options);
    expect([journal.first, journal.last, journal.tornTail]).toEqual([1, 9, undefined]);
    await journal.append(records(10, 12));
    expect(await journal.read(1, 1e6, 100)).toEqual(records(1, 12));
    await journal.close();
  });

  it("deletes whole segments once they are acknowledged, and never reuses a sequence", async () => {
    const journal = await filled(20);
    const before = journal.bytes;
    await journal.discard(20);
    expect(journal.bytes).toBeLessThan(before / 3);
    expect(await files()).toHaveLength(1);
    await journal.close();
    const again = await Journal.open(options);
    expect(again.last).toBe(20);
    await again.append([record(21)]);
    expect(await again.read(21, 1e6, 1)).toEqual([record(21)]);
    await again.close();
  });

  it("keeps a segment while one of its records is not acknowledged", async () => {
    const journal = await filled(20);
    await journal.discard(10);
    expect(await journal.read(11, 1e6, 100)).toEqual(records(11, 20));
    await expect(journal.read(1, 1e6, 1)).rejects.toThrow("already discarded");
    await journal.close();
  });

  it("loses only the torn record, wherever the last write was killed", async () => {
    await (await filled(3)).close();
    const [name] = await files();
    const path = join(directory, name!);
    const whole = await readFile(path);
    const lastRecord = whole.length - 48;
    for (let cut = lastRecord + 1; cut < whole.length; cut++) {
      await writeFile(path, whole.subarray(0, cut));
      const journal = await Journal.open(options);
      expect([journal.last, journal.tornTail]).toEqual([2, { path, bytes: cut - lastRecord }]);
      await journal.append([record(3)]);
      expect(await journal.read(1, 1e6, 9)).toEqual(records(1, 3));
      await journal.close();
    }
  });

  it("opens after a kill during the creation of a segment", async () => {
    await (await filled(3)).close();
    await writeFile(join(directory, "transitions-0000000000000004.journal"), "HRJ");
    const journal = await Journal.open(options);
    expect(journal.last).toBe(3);
    await journal.close();
    await rm(directory, { recursive: true });
    directory = await mkdtemp(join(tmpdir(), "handrail-journal-"));
    await writeFile(join(directory, "transitions-0000000000000001.journal"), "");
    const fresh = await Journal.open({ ...options, directory });
    expect(fresh.last).toBe(0);
    await fresh.close();
  });

  it("loses one record to a damaged byte anywhere in a segment, keeps all others with their numbers, and reports it", async () => {
    await (await filled(12)).close();
    const names = await files();
    for (const name of [names[0]!, names.at(-1)!]) {
      const path = join(directory, name);
      const whole = await readFile(path);
      // Every kind of byte of every record, but not every byte, which would take too long.
      for (let position = 0; position < whole.length; position += 3) {
        const bytes = Buffer.from(whole);
        bytes[position]! ^= 1 << (position % 8);
        await writeFile(path, bytes);
        const damages: SegmentDamage[] = [];
        const journal = await Journal.open({ ...options, onDamage: (damage) => void damages.push(damage) });
        expect(journal.last, `byte ${position} of ${name}`).toBe(12);
        const read = await journal.read(1, 1e6, 100);
        const lost = damages.flatMap((damage) => damage.lost);
        expect(journal.lost).toBe(lost.length);
        expect(lost.length).toBeLessThanOrEqual(1);
        expect(read).toEqual(records(1, 12).map((each, i) => (lost.includes(i + 1) ? Buffer.alloc(0) : each)));
        await journal.close();
        // Unused bytes of the header may be anything.
        if (damages.length === 0) expect(position).toBeGreaterThanOrEqual(4);
        if (damages.length === 0) expect(position).toBeLessThan(8);
        for (const { quarantine } of damages) {
          expect(await readFile(quarantine!)).toEqual(bytes);
          await rm(quarantine!);
        }
        await writeFile(path, whole);
      }
    }
  });

  it("keeps the number of a lost record permanently, and reports its damage once", async () => {
    await (await filled(3)).close();
    const path = join(directory, (await files())[0]!);
    const bytes = await readFile(path);
    bytes[30]! ^= 1;
    await writeFile(path, bytes);
    for (const expected of [1, 0]) {
      const damages: SegmentDamage[] = [];
      const journal = await Journal.open({ ...options, onDamage: (damage) => void damages.push(damage) });
      expect(damages).toHaveLength(expected);
      await journal.close();
    }
    expect(describeDamage({ path, quarantine: `${path}.damaged-1`, lost: [1], kept: 2 })).toBe(
      "transitions-0000000000000001.journal of the outbox is damaged: 1 of 3 records could not be read (record 1) and " +
        `will be missing at the learner; the others are kept, the damaged file is kept as ${path}.damaged-1`,
    );
  });

  it("continues reading after a file was damaged, emptied or deleted while the journal is open", async () => {
    const damages: SegmentDamage[] = [];
    const rewritten: string[] = [];
    const journal = await Journal.open({
      ...options,
      onDamage: (damage) => void damages.push(damage),
      onRewritten: (path) => void rewritten.push(path),
    });
    for (let sequence = 1; sequence <= 14; sequence++) await journal.append([record(sequence)]);
    const names = await files();
    expect(names).toHaveLength(4);
    const [first, second, third, last] = names.map((name) => join(directory, name)) as [string, string, string, string];
    const bytes = await readFile(first);
    bytes[30]! ^= 1;
    await writeFile(first, bytes);
    await truncate(second, 0);
    await rm(third);
    await rm(last);
    const read = await journal.read(1, 1e6, 100);
    expect(read).toEqual(records(1, 14).map((each, i) => (i === 0 || (i > 3 && i < 12) ? Buffer.alloc(0) : each)));
    expect(damages.map(({ lost }) => lost)).toEqual([[1], [5, 6, 7, 8], [9, 10, 11, 12]]);
    expect(rewritten).toEqual([last]);
    await journal.append([record(15)]);
    await journal.close();
    const again = await Journal.open(options);
    expect(await again.read(13, 1e6, 9)).toEqual(records(13, 15));
    await again.close();
  });

  it("recreates a deleted folder with the content of its newest file", async () => {
    const rewritten: string[] = [];
    const journal = await Journal.open({ ...options, onRewritten: (path) => void rewritten.push(path) });
    await journal.append(records(1, 2));
    await rm(directory, { recursive: true });
    for (let sequence = 3; rewritten.length === 0; sequence++) {
      await journal.append([record(sequence)]);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { last } = journal;
    await journal.close();
    const again = await Journal.open(options);
    expect(again.last).toBe(last);
    expect((await again.read(1, 1e6, 2)).length).toBe(2);
    await again.close();
  });

  it("accepts no record in a deleted folder that cannot be made whole", async () => {
    let isTaken = true;
    const restoreFolder = async () => {
      if (isTaken) throw new Error("the folder is taken");
    };
    const journal = await Journal.open({ ...options, restoreFolder });
    await rm(directory, { recursive: true });
    const failure = () => journal.append([record(journal.last + 1)]).catch((error: Error) => error.message);
    await expect.poll(failure, { timeout: 20_000 }).toBe("the folder is taken");
    expect(await files()).toEqual([]);
    isTaken = false;
    await journal.append([record(journal.last + 1)]);
    expect(await journal.read(1, 1e6, 999)).toEqual(records(1, journal.last));
    await journal.close();
  });

  it("recovers a record whose length is damaged", async () => {
    await (await filled(1)).close();
    const path = join(directory, (await files())[0]!);
    const bytes = await readFile(path);
    bytes.writeUInt32LE(0xffff_fff0, 16);
    await writeFile(path, bytes);
    const journal = await Journal.open(options);
    expect(await journal.read(1, 1e6, 9)).toEqual(records(1, 1));
    await journal.close();
  });

  it("refuses files of another kind", async () => {
    await (await filled(9)).close();
    const path = join(directory, (await files())[0]!);
    await writeFile(path, "not a journal at all");
    await expect(Journal.open(options)).rejects.toThrow("is not an outbox segment");
  });

  it("can be read while it is written and emptied", async () => {
    const journal = await Journal.open({ ...options, segmentBytes: 1000 });
    let read = 0;
    const reading = (async () => {
      while (read < 300) {
        const batch = read < journal.last ? await journal.read(read + 1, 400, 7) : [];
        for (const bytes of batch) expect(bytes).toEqual(record(++read));
        await journal.discard(read);
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (let sequence = 1; sequence <= 300; sequence++) await journal.append([record(sequence)]);
    await reading;
    expect((await stat(join(directory, (await files())[0]!))).size).toBeLessThan(1100);
    await journal.close();
  });

  it("syncs to disk when asked to", async () => {
    const journal = await Journal.open({ ...options, syncToDisk: true });
    await journal.append(records(1, 5));
    await journal.append(records(6, 6));
    expect(await journal.read(1, 1e6, 9)).toEqual(records(1, 6));
    await journal.close();
  });

  it("reports a last segment that was truncated between two runs", async () => {
    await (await filled(2)).close();
    const path = join(directory, (await files())[0]!);
    await truncate(path, 20);
    const journal = await Journal.open(options);
    expect(journal.tornTail).toEqual({ path, bytes: 4 });
    await journal.close();
  });
});
