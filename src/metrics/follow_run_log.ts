/** Follows a run's log while it is being written. */
import { open, stat } from "node:fs/promises";
import type { RunEvent } from "./run_event.ts";
import { isUnknownRunEvent, parseRunEvent } from "./run_event_json.ts";

const PERIOD_MS = 500;
const CHUNK_BYTES = 1024 * 1024;

export interface FollowRunLogOptions {
  /** Start offset: the number of bytes already read. They must end with a complete line. */
  readonly fromByte: number;
  readonly onEvent: (event: RunEvent) => void;
}

/** Bytes of the complete lines in a log; 0 without a log. */
export async function wholeLinesOf(path: string): Promise<number> {
  const size = (await stat(path).catch(() => undefined))?.size ?? 0;
  const file = size > 0 ? await open(path) : undefined;
  try {
    for (let end = size; file && end > 0; end -= CHUNK_BYTES) {
      const start = Math.max(0, end - CHUNK_BYTES);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
      const lastBreak = buffer.subarray(0, bytesRead).lastIndexOf("\n");
      if (lastBreak >= 0) return start + lastBreak + 1;
    }
    return 0;
  } finally {
    await file?.close();
  }
}

/** Skips lines that are not events; a reader of the complete log reports them. @returns a function that stops following. */
export function followRunLog(path: string, { fromByte, onEvent }: FollowRunLogOptions): () => void {
  let position = fromByte;
  let isEnded = false;
  const look = async () => {
    const end = await wholeLinesOf(path);
    // A log that shrank was rewritten.
    if (end < position) position = end;
    while (position < end && !isEnded) {
      const text = await linesFrom(path, position, end);
      position += Buffer.byteLength(text);
      for (const line of text.split("\n")) if (line.trim() !== "") report(line, onEvent);
    }
  };
  const again = () => {
    if (!isEnded) timer = setTimeout(repeat, PERIOD_MS).unref();
  };
  const repeat = () =>
    void look()
      .catch(() => {})
      .then(again);
  let timer = setTimeout(repeat, PERIOD_MS).unref();
  return () => {
    isEnded = true;
    clearTimeout(timer);
  };
}

/** Some complete lines, at least one even if it is longer than a chunk. */
async function linesFrom(path: string, start: number, end: number): Promise<string> {
  const file = await open(path);
  try {
    for (let length = Math.min(CHUNK_BYTES, end - start); ; length = Math.min(2 * length, end - start)) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start);
      const lastBreak = buffer.subarray(0, bytesRead).lastIndexOf("\n");
      if (lastBreak >= 0) return buffer.toString("utf8", 0, lastBreak + 1);
      if (start + length >= end) return buffer.toString("utf8", 0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function report(line: string, onEvent: (event: RunEvent) => void): void {
  let event: ReturnType<typeof parseRunEvent>;
  try {
    event = parseRunEvent(line);
  } catch {
    return;
  }
  if (!isUnknownRunEvent(event)) onEvent(event);
}
