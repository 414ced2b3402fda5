/**
 * Records on disk, in order, until they are acknowledged: append-only segment files that are deleted whole. What an
 * `append` has returned for survives `kill -9`; with `syncToDisk` it survives a power cut too.
 */
import { type FileHandle, open, readdir, unlink } from "node:fs/promises";
import { join } from "node:path";
import { TransportError } from "../errors.ts";
import {
  decodeHeader,
  encodeHeader,
  encodeRecordHeader,
  HEADER_BYTES,
  RECORD_HEADER_BYTES,
  SegmentReader,
} from "./segment_file.ts";

export interface JournalOptions {
  readonly directory: string;
  /** Prefix of this journal's file names; several journals may share a folder. */
  readonly name: string;
  /** A new segment starts when the last one has reached this size. */
  readonly segmentBytes: number;
  readonly syncToDisk: boolean;
}

interface Segment {
  readonly path: string;
  readonly first: number;
  /** Last complete record; `first − 1` while there is none. */
  last: number;
  bytes: number;
}

/** What `open` had to cut off: the traces of an append that never returned. */
export interface TornTail {
  readonly path: string;
  readonly bytes: number;
}

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  #writer: FileHandle;
  #cursor: { segment: Segment; file: FileHandle; reader: SegmentReader; sequence: number } | undefined;
  /** Reading and discarding share the cursor, so they take turns. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly tornTail: TornTail | undefined;

  private constructor(
    options: JournalOptions,
    segments: Segment[],
    writer: FileHandle,
    tornTail: TornTail | undefined,
  ) {
    this.#options = options;
    this.#segments = segments;
    this.#writer = writer;
    this.tornTail = tornTail;
  }

  /** Opens the folder's journal, or starts one. @throws TransportError `outbox` when files are damaged or missing. */
  static async open(options: JournalOptions): Promise<Journal> {
    const paths = await segmentPaths(options);
    const firsts = await Promise.all(paths.map(readFirstSequence));
    // Killed between creating a segment and writing its header: nothing was in it yet.
    if (firsts.length > 1 && firsts.at(-1) === undefined) {
      await unlink(paths.pop()!);
      firsts.pop();
    }
    if (paths.length === 0 || (paths.length === 1 && firsts[0] === undefined)) {
      const { segment, file } = await createSegment(options, 1);
      return new Journal(options, [segment], file, undefined);
    }
    const segments = paths.map((path, index): Segment => {
      const first = firsts[index];
      if (first === undefined) throw new TransportError("outbox", `${path} is not an outbox segment`);
      return { path, first, last: (firsts[index + 1] ?? first) - 1, bytes: 0 };
    });
    for (const segment of segments) segment.bytes = await fileSize(segment.path);
    const writer = await open(segments.at(-1)!.path, "r+");
    const tornTail = await recoverLast(segments.at(-1)!, writer);
    return new Journal(options, segments, writer, tornTail);
  }

  /** The lowest sequence still on disk; `last + 1` when there is none. */
  get first(): number {
    return this.#segments[0]!.first;
  }

  get last(): number {
    return this.#active.last;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Adds records after `last`. Calls must not overlap. @throws the file system's error; then none of them is added. */
  async append(payloads: readonly Uint8Array[]): Promise<void> {
    if (this.#active.bytes >= this.#options.segmentBytes) await this.#roll();
    const segment = this.#active;
    const pieces = payloads.flatMap((payload) => [encodeRecordHeader(payload), payload]);
    const added = payloads.reduce((sum, payload) => sum + RECORD_HEADER_BYTES + payload.length, 0);
    try {
      const { bytesWritten } = await this.#writer.writev(pieces, segment.bytes);
      if (bytesWritten !== added) throw new Error(`wrote ${bytesWritten} of ${added} bytes (disk full?)`);
      if (this.#options.syncToDisk) await this.#writer.datasync();
    } catch (error) {
      await this.#writer.truncate(segment.bytes);
      throw error;
    }
    segment.bytes += added;
    segment.last += payloads.length;
  }

  /** Up to `maxRecords` records and `maxBytes` from `sequence` on, but at least one record. */
  read(sequence: number, maxBytes: number, maxRecords: number): Promise<Buffer[]> {
    return this.#inTurn(async () => {
      const records: Buffer[] = [];
      let bytes = 0;
      for (let next = sequence; next <= this.last && records.length < maxRecords; next++) {
        const record = await this.#readOne(next);
        if (records.length > 0 && bytes + record.length > maxBytes) {
          this.#stepBack(record);
          break;
        }
        records.push(record);
        bytes += record.length;
      }
      return records;
    });
  }

  /** Deletes the segments whose records are all up to `sequence`; the one being written stays. */
  discard(sequence: number): Promise<void> {
    return this.#inTurn(async () => {
      while (this.#segments.length > 1 && this.#segments[0]!.last <= sequence) {
        const segment = this.#segments.shift()!;
        if (this.#cursor?.segment === segment) await this.#closeCursor();
        await unlink(segment.path);
      }
    });
  }

  async close(): Promise<void> {
    await this.#inTurn(() => this.#closeCursor());
    await this.#writer.close();
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  async #roll(): Promise<void> {
    const { segment, file } = await createSegment(this.#options, this.last + 1);
    await this.#writer.close();
    this.#writer = file;
    this.#segments.push(segment);
  }

  async #readOne(sequence: number): Promise<Buffer> {
    const segment = this.#segments.findLast((candidate) => candidate.first <= sequence);
    if (segment === undefined) throw new TransportError("outbox", `record ${sequence} was already discarded`);
    if (this.#cursor?.segment !== segment || this.#cursor.sequence > sequence) {
      await this.#closeCursor();
      const file = await open(segment.path, "r");
      this.#cursor = { segment, file, reader: new SegmentReader(file), sequence: segment.first };
    }
    const cursor = this.#cursor;
    while (true) {
      const record = await cursor.reader.next();
      if (record === undefined) {
        throw new TransportError("outbox", `${segment.path} is damaged at record ${cursor.sequence}`);
      }
      cursor.sequence++;
      if (cursor.sequence > sequence) return record;
    }
  }

  /** Makes the record that was read last the next one to read. */
  #stepBack(record: Uint8Array): void {
    const cursor = this.#cursor!;
    cursor.reader.offset -= RECORD_HEADER_BYTES + record.length;
    cursor.sequence--;
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  async #closeCursor(): Promise<void> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    await cursor?.file.close();
  }
}

async function segmentPaths(options: JournalOptions): Promise<string[]> {
  const names = await readdir(options.directory);
  return names
    .filter((name) => name.startsWith(`${options.name}-`) && name.endsWith(".journal"))
    .sort()
    .map((name) => join(options.directory, name));
}

async function createSegment(options: JournalOptions, first: number): Promise<{ segment: Segment; file: FileHandle }> {
  const path = join(options.directory, `${options.name}-${String(first).padStart(16, "0")}.journal`);
  const file = await open(path, "w+");
  await file.write(encodeHeader(first), 0, HEADER_BYTES, 0);
  if (options.syncToDisk) {
    await file.sync();
    const directory = await open(options.directory, "r");
    await directory.sync().finally(() => directory.close());
  }
  return { segment: { path, first, last: first - 1, bytes: HEADER_BYTES }, file };
}

async function readFirstSequence(path: string): Promise<number | undefined> {
  const file = await open(path, "r");
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    const { bytesRead } = await file.read(header, 0, HEADER_BYTES, 0);
    return decodeHeader(header.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

async function fileSize(path: string): Promise<number> {
  const file = await open(path, "r");
  return (await file.stat().finally(() => file.close())).size;
}

/** Finds the last whole record of the last segment and cuts off what follows it. */
async function recoverLast(segment: Segment, file: FileHandle): Promise<TornTail | undefined> {
  const reader = new SegmentReader(file);
  while ((await reader.next()) !== undefined) segment.last++;
  const bytes = segment.bytes - reader.offset;
  if (bytes === 0) return undefined;
  await file.truncate(reader.offset);
  segment.bytes = reader.offset;
  return { path: segment.path, bytes };
}
