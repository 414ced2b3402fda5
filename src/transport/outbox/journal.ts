/**
 * Records on disk, in order, until they are acknowledged: append-only segment files that are deleted as a whole. Once
 * `append` has returned, its records survive `kill -9`; with `syncToDisk` they survive a power failure too.
 *
 * Damage is distinguished from the torn tail of a killed append: only the end of the last segment can be torn. A damaged
 * segment is kept beside its replacement, which holds everything still readable. A lost record reads as an empty one, so
 * that every other record keeps its number.
 */
import { type FileHandle, open, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { Turns } from "../../utils/turns.ts";
import { TransportError } from "../errors.ts";
import { encodeRecordHeader, RECORD_HEADER_BYTES, SegmentReader } from "./segment_file.ts";
import {
  checkSegment,
  createSegment,
  firstSequenceOf,
  isStillThere,
  mendSegment,
  type Segment,
  type SegmentDamage,
  segmentPaths,
  type TornTail,
} from "./segments.ts";

export interface JournalOptions {
  readonly directory: string;
  /** Prefix of this journal's file names; several journals may share a folder. */
  readonly name: string;
  /** A new segment starts when the last one has reached this size. */
  readonly segmentBytes: number;
  readonly syncToDisk: boolean;
  /** Notified of damage, once per segment. */
  readonly onDamage?: (damage: SegmentDamage) => void;
  /** Called before a file is rewritten that was deleted or moved away while in use. If it rejects, appending fails. */
  readonly restoreFolder?: () => Promise<void>;
  /** Notified when such a file has been rewritten. */
  readonly onRewritten?: (path: string) => void;
}

/** Interval of checking that the file being written still exists in its folder. */
const CHECK_PERIOD_MS = 1000;
/** Size of a transition with small camera images. */
const PROBE_BYTES = 2 ** 18;

export class Journal {
  readonly #options: JournalOptions;
  readonly #segments: Segment[];
  #writer: FileHandle;
  #cursor: { segment: Segment; file: FileHandle; reader: SegmentReader; sequence: number } | undefined;
  /** Reading and discarding share the cursor, so they take turns. */
  readonly #reading = new Turns();
  /** Operations that replace or extend the file being written take turns, too. */
  readonly #writing = new Turns();
  #checkedAtMs = performance.now();
  #lost = 0;
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

  /** Opens the folder's journal, or starts one. @throws TransportError `outbox` for a file without a readable record. */
  static async open(options: JournalOptions): Promise<Journal> {
    const paths = await segmentPaths(options);
    const segments: Segment[] = [];
    let tornTail: TornTail | undefined;
    let lost = 0;
    for (const [index, path] of paths.entries()) {
      const following = paths[index + 1];
      const checked = await checkSegment(path, following === undefined ? undefined : firstSequenceOf(following));
      if (checked === undefined) {
        // Killed between creating a segment and writing its header: it held nothing yet.
        await unlink(path);
        continue;
      }
      segments.push(checked.segment);
      tornTail = checked.tornTail;
      lost += checked.damage?.lost.length ?? 0;
      if (checked.damage !== undefined) options.onDamage?.(checked.damage);
    }
    const last = segments.at(-1);
    if (last === undefined) {
      const { segment, file } = await createSegment(options, 1);
      return new Journal(options, [segment], file, undefined);
    }
    const journal = new Journal(options, segments, await open(last.path, "r+"), tornTail);
    journal.#lost = lost;
    return journal;
  }

  /** The lowest sequence still on disk; `last + 1` if none is. */
  get first(): number {
    return this.#segments[0]!.first;
  }

  get last(): number {
    return this.#active.last;
  }

  get bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Unreadable damaged records found since the journal was opened. */
  get lost(): number {
    return this.#lost;
  }

  /** Adds records after `last`. Calls must not overlap. @throws the file system's error; then none of them is added. */
  append(payloads: readonly Uint8Array[]): Promise<void> {
    return this.#writing.take(async () => {
      await this.#checkFile();
      if (this.#active.bytes >= this.#options.segmentBytes) await this.#roll();
      const segment = this.#active;
      const pieces = payloads.flatMap((payload) => [encodeRecordHeader(payload), payload]);
      const added = payloads.reduce((sum, payload) => sum + RECORD_HEADER_BYTES + payload.length, 0);
      try {
        const { bytesWritten } = await this.#writer.writev(pieces, segment.bytes);
        if (bytesWritten !== added) throw new Error(`wrote ${bytesWritten} of ${added} bytes (disk full?)`);
        if (this.#options.syncToDisk) await this.#writer.datasync();
      } catch (error) {
        // The next append overwrites the partial write; a kill before that leaves a torn tail.
        await this.#writer.truncate(segment.bytes).catch(() => {});
        throw error;
      }
      segment.bytes += added;
      segment.last += payloads.length;
    });
  }

  /** Writes and deletes as many bytes as a few records need. @throws the file system's error. */
  async probe(): Promise<void> {
    const path = join(this.#options.directory, `${this.#options.name}.probe`);
    try {
      await writeFile(path, Buffer.alloc(PROBE_BYTES, 1));
    } finally {
      await unlink(path).catch(() => {});
    }
  }

  /** Up to `maxRecords` records and `maxBytes` from `sequence`, at least one record; lost ones are empty. */
  read(sequence: number, maxBytes: number, maxRecords: number): Promise<Buffer[]> {
    return this.#reading.take(async () => {
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

  /**
   * Deletes the segments whose records are all up to `sequence`; the current one stays. A file that cannot be deleted now is
   * deleted later.
   */
  discard(sequence: number): Promise<void> {
    return this.#reading.take(async () => {
      while (this.#segments.length > 1 && this.#segments[0]!.last <= sequence) {
        const [segment] = this.#segments;
        if (this.#cursor?.segment === segment) await this.#closeCursor();
        if (!(await isGoneAfterUnlink(segment!.path))) return;
        this.#segments.shift();
      }
    });
  }

  async close(): Promise<void> {
    await this.#reading.take(() => this.#closeCursor());
    await this.#writing.take(() => this.#writer.close());
  }

  get #active(): Segment {
    return this.#segments.at(-1)!;
  }

  async #roll(): Promise<void> {
    await this.#rewriteIfGone();
    const { segment, file } = await createSegment(this.#options, this.last + 1);
    await this.#writer.close();
    this.#writer = file;
    this.#segments.push(segment);
  }

  async #checkFile(): Promise<void> {
    if (performance.now() - this.#checkedAtMs < CHECK_PERIOD_MS) return;
    await this.#rewriteIfGone();
    this.#checkedAtMs = performance.now();
  }

  /** A deleted file can still be read and written by the process that has it open, and is lost with that process. */
  async #rewriteIfGone(): Promise<void> {
    const { path, bytes } = this.#active;
    if (await isStillThere(this.#writer, path)) return;
    await makeFolder(this.#options.directory);
    await this.#options.restoreFolder?.();
    const content = Buffer.alloc(bytes);
    await this.#writer.read(content, 0, bytes, 0);
    const file = await open(path, "w+");
    try {
      await file.write(content, 0, bytes, 0);
    } catch (error) {
      await file.close();
      await unlink(path).catch(() => {});
      throw error;
    }
    await this.#writer.close();
    this.#writer = file;
    this.#options.onRewritten?.(path);
  }

  async #readOne(sequence: number): Promise<Buffer> {
    const segment = this.#segments.findLast((candidate) => candidate.first <= sequence);
    if (segment === undefined) throw new TransportError("outbox", `record ${sequence} was already discarded`);
    const record = (await this.#tryToRead(segment, sequence)) ?? (await this.#readMended(segment, sequence));
    if (record === undefined)
      throw new TransportError("outbox", `${segment.path} cannot be read at record ${sequence}`);
    return record;
  }

  /** undefined if the file is damaged or gone. */
  async #tryToRead(segment: Segment, sequence: number): Promise<Buffer | undefined> {
    if (this.#cursor?.segment !== segment || this.#cursor.sequence > sequence) {
      await this.#closeCursor();
      const file = await openIfThere(segment.path);
      if (file === undefined) return undefined;
      this.#cursor = { segment, file, reader: new SegmentReader(file), sequence: segment.first };
    }
    const cursor = this.#cursor;
    while (true) {
      const record = await cursor.reader.next();
      if (record === undefined) return undefined;
      cursor.sequence++;
      if (cursor.sequence > sequence) return record;
    }
  }

  async #readMended(segment: Segment, sequence: number): Promise<Buffer | undefined> {
    await this.#closeCursor();
    await this.#writing.take(() => (segment === this.#active ? this.#rewriteIfGone() : this.#mend(segment)));
    const record = await this.#tryToRead(segment, sequence);
    if (record !== undefined || segment !== this.#active) return record;
    await this.#closeCursor();
    await this.#writing.take(() => this.#mend(segment));
    return await this.#tryToRead(segment, sequence);
  }

  async #mend(segment: Segment): Promise<void> {
    const { segment: mended, damage } = await mendSegment(segment.path, segment.last - segment.first + 1);
    segment.bytes = mended.bytes;
    if (segment === this.#active) {
      await this.#writer.close();
      this.#writer = await open(segment.path, "r+");
    }
    this.#lost += damage!.lost.length;
    this.#options.onDamage?.(damage!);
  }

  /** Makes the last record read the next one to read. */
  #stepBack(record: Uint8Array): void {
    const cursor = this.#cursor!;
    cursor.reader.offset -= RECORD_HEADER_BYTES + record.length;
    cursor.sequence--;
  }

  async #closeCursor(): Promise<void> {
    const cursor = this.#cursor;
    this.#cursor = undefined;
    await cursor?.file.close();
  }
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function isGoneAfterUnlink(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
