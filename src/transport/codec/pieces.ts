/**
 * Encodes messages without growing buffers: a message is a list of byte arrays, and its large ones (images, weights) are
 * copied once, into memory of exactly the right size. The generated encoders double their buffer repeatedly, which costs
 * more in garbage collection than everything else on this path.
 */

export type Pieces = readonly Uint8Array[];

export function lengthOf(pieces: Pieces): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

export function concatenate(pieces: Pieces): Uint8Array {
  // Large ones outside Node's shared pool, so that a retained record retains nothing else.
  const length = lengthOf(pieces);
  const bytes = length > 2048 ? Buffer.allocUnsafeSlow(length) : new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** Tag and length before a protobuf field of bytes, text, or a message. @param field Below 16. */
export function fieldHeader(field: number, length: number): Uint8Array {
  const header = [(field << 3) | 2];
  let rest = length;
  while (rest >= 0x80) {
    header.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  header.push(rest);
  return Uint8Array.from(header);
}

/** The same bytes as runs of pieces; each run but the last has `runBytes` bytes. */
export function* splitPieces(pieces: Pieces, runBytes: number): Generator<Pieces> {
  let run: Uint8Array[] = [];
  let room = runBytes;
  for (const piece of pieces) {
    let rest = piece;
    while (rest.length > 0) {
      const part = rest.subarray(0, room);
      run.push(part);
      room -= part.length;
      rest = rest.subarray(part.length);
      if (room === 0) {
        yield run;
        run = [];
        room = runBytes;
      }
    }
  }
  if (run.length > 0) yield run;
}
