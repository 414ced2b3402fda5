/**
 * Recovers the readable records of a damaged segment. Records lie end to end, so after a damaged one the next is found by
 * searching for a matching length and checksum. Pure.
 */
import { HEADER_BYTES, matchesChecksum, RECORD_HEADER_BYTES } from "./segment_file.ts";

/** A range of a segment: a record, or other bytes. */
export type Stretch =
  | { readonly kind: "record"; readonly payload: Buffer }
  | {
      readonly kind: "damaged";
      readonly bytes: number;
      /** The file ends inside the record that begins here. */
      readonly cutOff: boolean;
    };

/** Consecutive headers required before a checksum is computed: hardly any other bytes match. */
const LOOK_AHEAD = 3;
/** Records that a damaged length may span and still be recovered. */
const MAX_CHAIN = 64;
/** Limit of bytes checksummed in vain, as a multiple of the segment's size: bounds the search time. */
const WASTED_BYTES = 16;

/** @param segment A complete segment file; its header is not checked. */
export function salvage(segment: Buffer): Stretch[] {
  const found: Stretch[] = [];
  const search = { budget: WASTED_BYTES * segment.length };
  let offset = HEADER_BYTES;
  let recordBytes = 0;
  while (offset < segment.length) {
    const record = recordAt(segment, offset);
    const end = record?.end ?? nextRecord(segment, offset, recordBytes, search);
    if (record !== undefined) recordBytes = end - offset;
    found.push(
      record === undefined
        ? withoutLength(segment, offset, end)
        : { kind: "record", payload: segment.subarray(offset + RECORD_HEADER_BYTES, end) },
    );
    offset = end;
  }
  return found;
}

/** Numbers of lost records: exact if all are known, otherwise estimated from the sizes of the others. */
export function countLost(stretches: readonly Stretch[], total: number | undefined): Map<Stretch, number> {
  const damaged = stretches.filter((stretch) => stretch.kind === "damaged");
  const sizes = stretches.flatMap((stretch) =>
    stretch.kind === "record" ? [RECORD_HEADER_BYTES + stretch.payload.length] : [],
  );
  const typical = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)];
  const counts = damaged.map(({ bytes }) => (typical === undefined ? 1 : Math.max(1, Math.round(bytes / typical))));
  if (total !== undefined && counts.length > 0) {
    const missing = Math.max(0, total - sizes.length);
    let rest = missing;
    for (const [index, count] of counts.entries()) {
      counts[index] = index === counts.length - 1 ? rest : Math.min(count, rest);
      rest -= counts[index]!;
    }
  }
  return new Map(damaged.map((stretch, index) => [stretch, counts[index]!]));
}

function recordAt(segment: Buffer, offset: number): { readonly end: number } | undefined {
  const end = endAt(segment, offset);
  if (end === undefined) return undefined;
  const checksum = segment.readUInt32LE(offset + 4);
  return matchesChecksum(segment.subarray(offset + RECORD_HEADER_BYTES, end), checksum) ? { end } : undefined;
}

/** End of a record that would begin here; undefined if the file is too short for it. */
function endAt(segment: Buffer, offset: number): number | undefined {
  if (offset + RECORD_HEADER_BYTES > segment.length) return undefined;
  const end = offset + RECORD_HEADER_BYTES + segment.readUInt32LE(offset);
  return end <= segment.length ? end : undefined;
}

/** The first offset after `damaged` at which a record begins; the segment's end if none does. */
function nextRecord(segment: Buffer, damaged: number, previousBytes: number, search: { budget: number }): number {
  const declared = endAt(segment, damaged);
  const from = damaged + 1;
  if (declared === segment.length || (declared !== undefined && recordAt(segment, declared) !== undefined)) {
    // Its length is right, unless records leading to its end lie within it.
    const followingBytes = (endAt(segment, declared) ?? declared) - declared;
    if (declared - damaged < 2 * Math.max(previousBytes, followingBytes)) return declared;
    return firstRecord(segment, { from, end: declared, follow: (at) => leadsTo(segment, at, declared) }, search);
  }
  const end = segment.length;
  const next = firstRecord(segment, { from, end, follow: (at) => isFollowed(segment, at) }, search);
  // Records between here and its end that are followed by further damage.
  return firstRecord(segment, { from, end: next, follow: () => true }, search);
}

interface Range {
  readonly from: number;
  /** Upper bound of every record's end. */
  readonly end: number;
  /** Whether the bytes after a record look like records. */
  readonly follow: (offset: number) => boolean;
}

function firstRecord(segment: Buffer, { from, end, follow }: Range, search: { budget: number }): number {
  for (let offset = from; offset + RECORD_HEADER_BYTES < end; offset++) {
    const length = segment.readUInt32LE(offset);
    // Zeros are common in images, and no record that was written is empty.
    if (length === 0 || offset + RECORD_HEADER_BYTES + length > end || !follow(offset)) continue;
    search.budget -= length;
    if (search.budget < 0) break;
    if (recordAt(segment, offset) !== undefined) return offset;
  }
  return end;
}

function isFollowed(segment: Buffer, offset: number): boolean {
  let next: number | undefined = offset;
  for (let i = 0; i < LOOK_AHEAD; i++) {
    next = endAt(segment, next);
    if (next === undefined) return false;
    if (next === segment.length) return true;
  }
  return true;
}

function leadsTo(segment: Buffer, offset: number, end: number): boolean {
  let next: number | undefined = offset;
  for (let i = 0; i < MAX_CHAIN && next !== undefined && next < end; i++) next = endAt(segment, next);
  return next === end;
}

/** A damaged length is harmless if the checksum matches the bytes up to the next record. */
function withoutLength(segment: Buffer, offset: number, end: number): Stretch {
  const payload = segment.subarray(offset + RECORD_HEADER_BYTES, end);
  if (payload.length > 0 && matchesChecksum(payload, segment.readUInt32LE(offset + 4)))
    return { kind: "record", payload };
  return {
    kind: "damaged",
    bytes: end - offset,
    cutOff: end === segment.length && endAt(segment, offset) === undefined,
  };
}
