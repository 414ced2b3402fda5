/** Reads a run log, also one that is still being written or that ends where its process was killed. */
import { createReadStream } from "node:fs";
import type { RunEvent } from "./run_event.ts";
import { isUnknownRunEvent, parseRunEvent } from "./run_event_json.ts";

/** A line that was passed over: a newer version wrote it, or its writer was killed in it. */
export interface SkippedLine {
  /** From 1 on. */
  readonly line: number;
  readonly reason: "unknown type" | "torn";
  /** The unknown type; empty for a torn line. */
  readonly type: string;
}

/**
 * Streams a log's events in their order.
 *
 * @param onSkipped told every line that is passed over.
 * @throws Error naming `path:line` of a line that is not an event.
 */
export async function* readRunLog(
  path: string,
  onSkipped: (skipped: SkippedLine) => void = () => {},
): AsyncGenerator<RunEvent> {
  let line = 0;
  for await (const { text, ended } of lines(path)) {
    line++;
    if (text.trim() === "") continue;
    let event: ReturnType<typeof parseRunEvent>;
    try {
      event = parseRunEvent(text);
    } catch (error) {
      if (ended) throw new Error(`${path}:${line}: ${(error as Error).message}`, { cause: error });
      onSkipped({ line, reason: "torn", type: "" });
      return;
    }
    if (isUnknownRunEvent(event)) onSkipped({ line, reason: "unknown type", type: event.unknownType });
    else yield event;
  }
}

/** `ended` says whether a line break follows. Splits bytes, so that no character is cut in two. */
async function* lines(path: string): AsyncGenerator<{ text: string; ended: boolean }> {
  let pieces: Buffer[] = [];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      yield { text: Buffer.concat([...pieces, chunk.subarray(start, end)]).toString("utf8"), ended: true };
      pieces = [];
      start = end + 1;
    }
    pieces.push(chunk.subarray(start));
  }
  const text = Buffer.concat(pieces).toString("utf8");
  if (text !== "") yield { text, ended: false };
}
