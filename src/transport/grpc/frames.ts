/** Converts batches to frames and back: the sender splits, the receiver checks and reassembles. */
import { decodeBatch, encodeBatch, type RecordBatch } from "../codec/batch_codec.ts";
import { type Chunk, ChunkAssembler, type OutgoingChunk, splitIntoChunks } from "../codec/chunks.ts";
import { TransportError } from "../errors.ts";
import { TransferState } from "../generated/transport/services.ts";
import type { StreamHandshake } from "../link.ts";

/** A `Transition` or an `InteractionMessage`: they have the same fields. */
export interface RecordFrame extends Chunk {
  readonly opening: StreamHandshake | undefined;
}

/** A frame to send. */
export interface OutgoingRecordFrame extends OutgoingChunk {
  readonly opening: StreamHandshake | undefined;
}

export async function* toFrames(
  handshake: StreamHandshake,
  batches: AsyncIterable<RecordBatch>,
  chunkBytes: number,
): AsyncGenerator<OutgoingRecordFrame> {
  yield { transferState: TransferState.TRANSFER_UNKNOWN, pieces: [], totalBytes: 0, opening: handshake };
  for await (const batch of batches) {
    for (const chunk of splitIntoChunks(encodeBatch(batch), chunkBytes)) yield { ...chunk, opening: undefined };
  }
}

/**
 * Reads the handshake of a stream.
 *
 * @throws TransportError `malformed` for any other frame, `deadline` if none arrives.
 */
export async function readHandshake(frames: AsyncIterator<RecordFrame>, timeoutS: number): Promise<StreamHandshake> {
  const first = await withTimeout(frames.next(), timeoutS, tooLate("the handshake frame"));
  if (first.done) throw new TransportError("malformed", "the stream ended before its handshake frame");
  if (first.value.opening === undefined) throw new TransportError("malformed", "the first frame is not a handshake");
  return first.value.opening;
}

/** @throws TransportError `malformed`, `too-large`, or `deadline` for an incomplete message. */
export async function* toBatches(
  frames: AsyncIterator<RecordFrame>,
  maxBytes: number,
  timeoutS: number,
): AsyncGenerator<RecordBatch> {
  const assembler = new ChunkAssembler(maxBytes);
  let deadlineMs = 0;
  while (true) {
    const next = assembler.inProgress
      ? await withTimeout(frames.next(), (deadlineMs - performance.now()) / 1000, tooLate("the rest of a message"))
      : await frames.next();
    if (next.done) break;
    if (next.value.opening !== undefined) throw new TransportError("malformed", "a second handshake in one stream");
    if (!assembler.inProgress) deadlineMs = performance.now() + timeoutS * 1000;
    const payload = assembler.push(next.value);
    if (payload !== undefined) yield decodeBatch(payload);
  }
  if (assembler.inProgress) throw new TransportError("malformed", "the stream ended inside a message");
}

/** @param late The error after `timeoutS`. */
export async function withTimeout<T>(promise: Promise<T>, timeoutS: number, late: () => TransportError): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const fail = () => reject(late());
    timer = setTimeout(fail, Math.max(0, timeoutS * 1000));
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function tooLate(what: string): () => TransportError {
  return () => new TransportError("deadline", `waited too long for ${what}`);
}
