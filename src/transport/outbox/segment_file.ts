/**
 * One file of the outbox journal: a header, then records, each with its length and checksum. A process killed in the
 * middle of an append leaves a torn record at the end, which the checksum reveals.
 *
 *     header   "HRJ1", 4 zero bytes, first sequence (u64)
 *     record   length (u32), CRC-32 of the payload (u32), payload          all little-endian
 *
 * A damaged, unreadable record has length 0 and the checksum `LOST`: it keeps its sequence number, so that later records
 * keep theirs.
 */
import type { FileHandle } from "node:fs/promises";
import { crc32 } from "node:zlib";

const MAGIC = Buffer.from("HRJ1");
export const HEADER_BYTES = 16;
export const RECORD_HEADER_BYTES = 8;
/** Differs from the checksum of nothing, which is 0: blocks that a file system never wrote read as zeros. */
const LOST = 0x5453_4f4c;

export function encodeHeader(firstSequence: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64LE(BigInt(firstSequence), 8);
  return header;
}

/** @returns the segment's first sequence, or undefined if the bytes are not a header. */
export function decodeHeader(header: Uint8Array): number | undefined {
  const buffer = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  if (buffer.length < HEADER_BYTES || !buffer.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
  return Number(buffer.readBigUInt64LE(8));
}

/** @param payload Empty for a lost record. */
export function encodeRecordHeader(payload: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(RECORD_HEADER_BYTES);
  header.writeUInt32LE(payload.length, 0);
  header.writeUInt32LE(payload.length === 0 ? LOST : crc32(payload), 4);
  return header;
}

/** Whether a record's checksum matches its payload. */
export function matchesChecksum(payload: Uint8Array, checksum: number): boolean {
  return payload.length === 0 ? checksum === LOST : crc32(payload) === checksum;
}

/** Reads records in order through one buffer, without loading the whole file. */
export class SegmentReader {
  readonly #file: FileHandle;
  readonly #readAheadBytes: number;
  #buffer: Buffer = Buffer.alloc(0);
  /** File position of `#buffer[0]`. */
  #bufferStart = 0;
  /** File position of the next record. */
  offset = HEADER_BYTES;

  constructor(file: FileHandle, readAheadBytes = 2 ** 20) {
    this.#file = file;
    this.#readAheadBytes = readAheadBytes;
  }

  /** The next record's payload; undefined at the end of the file and at a torn or damaged record. */
  async next(): Promise<Buffer | undefined> {
    const header = await this.#bytes(this.offset, RECORD_HEADER_BYTES);
    if (header === undefined) return undefined;
    const length = header.readUInt32LE(0);
    const checksum = header.readUInt32LE(4);
    const payload = await this.#bytes(this.offset + RECORD_HEADER_BYTES, length);
    if (payload === undefined || !matchesChecksum(payload, checksum)) return undefined;
    this.offset += RECORD_HEADER_BYTES + length;
    return payload;
  }

  async #bytes(position: number, length: number): Promise<Buffer | undefined> {
    let start = position - this.#bufferStart;
    if (start < 0 || start + length > this.#buffer.length) {
      // A damaged length must not become an allocation: never request more than the file holds.
      const available = (await this.#file.stat()).size - position;
      if (available < length) return undefined;
      this.#buffer = await this.#readAt(position, Math.min(available, Math.max(length, this.#readAheadBytes)));
      this.#bufferStart = position;
      start = 0;
    }
    const bytes = this.#buffer.subarray(start, start + length);
    return bytes.length === length ? bytes : undefined;
  }

  async #readAt(position: number, length: number): Promise<Buffer> {
    // A new buffer each time: records returned earlier are views of the old one.
    const buffer = Buffer.allocUnsafeSlow(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}
