/** The files of one journal: finding, creating, checking and repairing them. */
import { type FileHandle, link, open, readdir, readFile, rename, stat, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { TransportError } from "../errors.ts";
import { countLost, type Stretch, salvage } from "./salvage.ts";
import { decodeHeader, encodeHeader, encodeRecordHeader, HEADER_BYTES, SegmentReader } from "./segment_file.ts";

export interface Segment {
  readonly path: string;
  readonly first: number;
  /** Last complete record; `first − 1` if none. */
  last: number;
  bytes: number;
}

/** The rest of an append that a kill interrupted. */
export interface TornTail {
  readonly path: string;
  readonly bytes: number;
}

/** Damage in a segment that had been written completely. */
export interface SegmentDamage {
  /** The segment, rewritten with its readable records. */
  readonly path: string;
  /** The damaged file; undefined if it no longer existed. */
  readonly quarantine: string | undefined;
  /** Sequences of unreadable records. */
  readonly lost: readonly number[];
  /** Number of remaining records. */
  readonly kept: number;
}

interface Place {
  readonly directory: string;
  /** Prefix of the journal's file names. */
  readonly name: string;
  readonly syncToDisk: boolean;
}

const NAME = /-(\d{16})\.journal$/;

export async function segmentPaths({ directory, name }: Place): Promise<string[]> {
  const names = await readdir(directory);
  return names
    .filter((each) => each.startsWith(`${name}-`) && NAME.test(each))
    .sort()
    .map((each) => join(directory, each));
}

/** The number in a segment's name, repeated in its header. */
export function firstSequenceOf(path: string): number {
  return Number(NAME.exec(path)![1]);
}

export async function createSegment(place: Place, first: number): Promise<{ segment: Segment; file: FileHandle }> {
  const path = join(place.directory, `${place.name}-${String(first).padStart(16, "0")}.journal`);
  const file = await open(path, "w+");
  try {
    await file.write(encodeHeader(first), 0, HEADER_BYTES, 0);
    if (place.syncToDisk) {
      await file.sync();
      await syncDirectory(place.directory);
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  return { segment: { path, first, last: first - 1, bytes: HEADER_BYTES }, file };
}

export interface CheckedSegment {
  readonly segment: Segment;
  readonly tornTail?: TornTail;
  readonly damage?: SegmentDamage;
}

/**
 * Reads a complete segment, repairs damage and removes an unfinished write.
 *
 * @param next First sequence of the segment after it; undefined for the last, the only one that may have a torn tail.
 * @returns undefined for a file whose process was killed before the header was written.
 * @throws TransportError `outbox` for a file without a readable record.
 */
export async function checkSegment(path: string, next: number | undefined): Promise<CheckedSegment | undefined> {
  const first = firstSequenceOf(path);
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    if (next === undefined && size < HEADER_BYTES) return undefined;
    const header = await readHeader(file);
    const reader = new SegmentReader(file);
    let last = first - 1;
    while ((await reader.next()) !== undefined) last++;
    const whole = reader.offset === size && (next === undefined || last === next - 1);
    if (header === first && whole) return { segment: { path, first, last, bytes: size } };
    const stretches = salvage(await readFile(path));
    if (header === undefined && size > 0 && !stretches.some(({ kind }) => kind === "record")) {
      throw new TransportError(
        "outbox",
        `${path} is not an outbox segment, or nothing in it is readable: move it away`,
      );
    }
    const tail = next === undefined && header === first ? tornTail(stretches) : undefined;
    if (tail === undefined) return await mend(path, stretches, next === undefined ? undefined : next - first);
    await file.truncate(size - tail);
    return { segment: { path, first, last, bytes: size - tail }, tornTail: { path, bytes: tail } };
  } finally {
    await file.close();
  }
}

/**
 * Replaces a segment by one with its readable records; the damaged file stays beside it.
 *
 * @param total Number of records in the segment, if known.
 */
export async function mendSegment(path: string, total: number): Promise<CheckedSegment> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return Buffer.alloc(0);
  });
  return await mend(path, salvage(bytes), total);
}

/** Bytes after the last record, if the only problem is an unfinished write. */
function tornTail(stretches: readonly Stretch[]): number | undefined {
  const damaged = stretches.filter((stretch) => stretch.kind === "damaged");
  const [tail] = damaged;
  return damaged.length === 1 && tail!.cutOff ? tail!.bytes : undefined;
}

async function mend(path: string, stretches: readonly Stretch[], total: number | undefined): Promise<CheckedSegment> {
  const first = firstSequenceOf(path);
  const lostIn = countLost(stretches, total);
  const pieces: Buffer[] = [encodeHeader(first)];
  const lost: number[] = [];
  let sequence = first;
  let kept = 0;
  const add = (payload: Buffer) => {
    pieces.push(encodeRecordHeader(payload), payload);
    if (payload.length === 0) lost.push(sequence);
    else kept++;
    sequence++;
  };
  const nothing = Buffer.alloc(0);
  for (const stretch of stretches) {
    if (stretch.kind === "record") add(stretch.payload);
    else for (let i = 0; i < lostIn.get(stretch)!; i++) add(nothing);
    if (sequence - first === total) break;
  }
  while (total !== undefined && sequence < first + total) add(nothing);
  const content = Buffer.concat(pieces);
  const quarantine = await replaceKeeping(path, content);
  return {
    segment: { path, first, last: sequence - 1, bytes: content.length },
    damage: { path, quarantine, lost, kept },
  };
}

/** Writes `content` to `path` and keeps the old file under another name, whose path is returned. */
async function replaceKeeping(path: string, content: Buffer): Promise<string | undefined> {
  const mended = `${path}.new`;
  const file = await open(mended, "w");
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await unlink(mended).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
  const quarantine = await keep(path);
  await rename(mended, path);
  return quarantine;
}

async function keep(path: string): Promise<string | undefined> {
  for (let number = 1; ; number++) {
    const quarantine = `${path}.damaged-${number}`;
    try {
      await link(path, quarantine);
      return quarantine;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return undefined;
      if (code === "EEXIST") continue;
      // A file system without hard links: the new file follows a moment later.
      await rename(path, quarantine);
      return quarantine;
    }
  }
}

async function readHeader(file: FileHandle): Promise<number | undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
  return decodeHeader(header.subarray(0, bytesRead));
}

export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  await directory.sync().finally(() => directory.close());
}

/** Whether this open file is still the one at its path. */
export async function isStillThere(file: FileHandle, path: string): Promise<boolean> {
  const [held, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)]);
  return named !== undefined && named.ino === held.ino && named.dev === held.dev;
}

/** For messages: `sequences` as ranges, such as "record 84" or "records 3–5 and 9". */
export function describeSequences(sequences: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const sequence of sequences) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === sequence - 1) last[1] = sequence;
    else ranges.push([sequence, sequence]);
  }
  const shown = ranges.slice(0, 5).map(([from, to]) => (from === to ? String(from) : `${from}–${to}`));
  const more = ranges.length > shown.length ? " and more" : "";
  return `${sequences.length === 1 ? "record" : "records"} ${shown.join(", ")}${more}`;
}

/** A sentence about a repaired segment. */
export function describeDamage({ path, quarantine, lost, kept }: SegmentDamage): string {
  const where = basename(path);
  const copy = quarantine === undefined ? "the file was gone" : `the damaged file is kept as ${quarantine}`;
  if (lost.length === 0) return `${where} of the outbox was damaged, but all ${kept} records could be read; ${copy}`;
  const those = `${lost.length} of ${lost.length + kept} records could not be read (${describeSequences(lost)})`;
  return `${where} of the outbox is damaged: ${those} and will be missing at the learner; the others are kept, ${copy}`;
}
