/**
 * Splits an encoded payload into frames and reassembles it. The receiving half is safe against hostile peers: it knows the
 * total size from the first frame, so an endless run of frames is refused at the first excess byte.
 */
import { TransportError } from "../errors.ts";
import { TransferState } from "../generated/transport/services.ts";
import { lengthOf, type Pieces, splitPieces } from "./pieces.ts";

/** A received part of a payload. */
export interface Chunk {
  readonly transferState: TransferState;
  readonly data: Uint8Array;
  /** The payload's size; only on its first frame. */
  readonly totalBytes: number;
}

/** A part to send: the data is not yet contiguous. */
export interface OutgoingChunk {
  readonly transferState: TransferState;
  readonly pieces: Pieces;
  readonly totalBytes: number;
}

/** @param payload At least one byte. */
export function* splitIntoChunks(payload: Pieces, chunkBytes: number): Generator<OutgoingChunk> {
  const total = lengthOf(payload);
  let sent = 0;
  for (const pieces of splitPieces(payload, chunkBytes)) {
    const totalBytes = sent === 0 ? total : 0;
    let transferState: TransferState = sent === 0 ? TransferState.TRANSFER_BEGIN : TransferState.TRANSFER_MIDDLE;
    sent += lengthOf(pieces);
    if (sent === total) transferState = TransferState.TRANSFER_END;
    yield { transferState, pieces, totalBytes };
  }
}

export class ChunkAssembler {
  readonly #maxBytes: number;
  #buffer: Uint8Array | undefined;
  #filled = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a payload is incomplete. */
  get inProgress(): boolean {
    return this.#buffer !== undefined;
  }

  /**
   * Adds the next frame; returns the payload once it is complete.
   *
   * @throws TransportError `malformed` or `too-large`; the assembler is unusable afterwards.
   */
  push(chunk: Chunk): Uint8Array | undefined {
    const { transferState, data } = chunk;
    if (data.length === 0) throw new TransportError("malformed", "a frame carries no data");
    switch (transferState) {
      case TransferState.TRANSFER_BEGIN:
        if (this.#buffer !== undefined) throw new TransportError("malformed", "BEGIN inside another message");
        this.#buffer = this.#allocate(chunk);
        break;
      case TransferState.TRANSFER_MIDDLE:
        if (this.#buffer === undefined) throw new TransportError("malformed", "MIDDLE without BEGIN");
        break;
      case TransferState.TRANSFER_END:
        if (this.#buffer === undefined) return this.#single(chunk);
        break;
      default:
        throw new TransportError("malformed", `transfer state ${transferState} is not BEGIN, MIDDLE or END`);
    }
    return this.#append(this.#buffer, chunk);
  }

  #single(chunk: Chunk): Uint8Array {
    this.#checkTotal(chunk.totalBytes);
    if (chunk.totalBytes !== chunk.data.length) {
      throw new TransportError("malformed", `a lone END declares ${chunk.totalBytes} bytes, has ${chunk.data.length}`);
    }
    return chunk.data;
  }

  #allocate(chunk: Chunk): Uint8Array {
    this.#checkTotal(chunk.totalBytes);
    this.#filled = 0;
    // Not zeroed: untouched pages cost nothing, and the buffer is returned only once every byte is written.
    return Buffer.allocUnsafeSlow(chunk.totalBytes);
  }

  #append(buffer: Uint8Array, chunk: Chunk): Uint8Array | undefined {
    const filled = this.#filled + chunk.data.length;
    if (filled > buffer.length) {
      throw new TransportError("too-large", `a message of ${buffer.length} declared bytes continues past its end`);
    }
    buffer.set(chunk.data, this.#filled);
    this.#filled = filled;
    if (chunk.transferState !== TransferState.TRANSFER_END) return undefined;
    if (filled !== buffer.length) {
      throw new TransportError("malformed", `a message of ${buffer.length} declared bytes ends after ${filled}`);
    }
    this.#buffer = undefined;
    return buffer;
  }

  #checkTotal(totalBytes: number): void {
    if (totalBytes > this.#maxBytes) {
      throw new TransportError("too-large", `a message of ${totalBytes} bytes; the limit is ${this.#maxBytes}`);
    }
  }
}
