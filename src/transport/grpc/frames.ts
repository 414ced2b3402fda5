/** Between batches and frames: the sending side cuts, the receiving side checks and puts together again. */
import { decodeBatch, encodeBatch, type RecordBatch } from "../codec/batch_codec.ts";
import { type Chunk, ChunkAssembler, type OutgoingChunk, splitIntoChunks } from "../codec/chunks.ts";
import { TransportError } from "../errors.ts";
import { TransferState } from "../generated/transport/services.ts";
import type { Opening } from "../link.ts";

/** A `Transition` or an `InteractionMessage`: they have the same fields. */
export interface RecordFrame extends Chunk {
  readonly opening: Opening | undefined;
}

/** The same as it leaves. */
export interface OutgoingRecordFrame extends OutgoingChunk {
  readonly opening: Opening | undefined;
}

export async function* toFrames(
  opening: Opening,
  batches: AsyncIterable<RecordBatch>,
  chunkBytes: number,
): AsyncGenerator<OutgoingRecordFrame> {
  yield { transferState: TransferState.TRANSFER_UNKNOWN, pieces: [], totalBytes: 0, opening };
  for await (const batch of batches) {
    for (const chunk of splitIntoChunks(encodeBatch(batch), chunkBytes)) yield { ...chunk, opening: undefined };
  }
}

/**
 * Reads the opening of a stream.
 *
 * @throws TransportError `malformed` for anything else, `deadline` when nothing comes.
 */
export async function readOpening(frames: AsyncIterator<RecordFrame>, timeoutS: number): Promise<Opening> {
  const first = await withTimeout(frames.next(), timeoutS, tooLate("the opening frame"));
  if (first.done) throw new TransportError("malformed", "the stream ended before its opening frame");
  if (first.value.opening === undefined) throw new TransportError("malformed", "the first frame is not an opening");
  return first.value.opening;
}

/** @throws TransportError `malformed`, `too-large`, or `deadline` for a message that does not get complete. */
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
    if (next.value.opening !== undefined) throw new TransportError("malformed", "a second opening in one stream");
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
