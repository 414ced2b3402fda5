/** Reads a run log, also one that is still being written or that ends where its process was killed. */
import { createReadStream } from "node:fs";
import type { RunEvent } from "./run_event.ts";
import { isUnknownRunEvent, parseRunEvent } from "./run_event_json.ts";

/** A line that was passed over: a newer version wrote it, its writer was killed in it, or the disk has changed it. */
export interface SkippedLine {
  /** From 1 on. */
  readonly line: number;
  readonly reason: "unknown type" | "torn" | "damaged";
  /** The unknown type; empty for other lines. */
  readonly type: string;
  /** What is wrong with a damaged line. */
  readonly message?: string;
}

/** Longer lines are damage: some hundred times the longest that is written. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/**
 * Streams a log's events in their order. No line makes the rest of the log unreadable.
 *
 * @param onSkipped told every line that is passed over.
 * @throws Error when the file cannot be read.
 */
export async function* readRunLog(
  path: string,
  onSkipped: (skipped: SkippedLine) => void = () => {},
): AsyncGenerator<RunEvent> {
  let line = 0;
  for await (const { text, ended } of lines(path)) {
    line++;
    if (text?.trim() === "") continue;
    try {
      if (text === undefined) throw new Error(`longer than ${MAX_LINE_BYTES} bytes`);
      const event = parseRunEvent(text);
      if (isUnknownRunEvent(event)) onSkipped({ line, reason: "unknown type", type: event.unknownType });
      else yield event;
    } catch (error) {
      const { message } = error as Error;
      onSkipped(ended ? { line, reason: "damaged", type: "", message } : { line, reason: "torn", type: "" });
    }
  }
}

/** Counts what a reader of a log has to pass over because it is damaged. */
export class DamagedLines {
  readonly #path: string;
  #count = 0;
  #first = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** To be passed to `readRunLog`. */
  readonly add = ({ line, reason, message = "" }: SkippedLine): void => {
    if (reason !== "damaged") return;
    this.#count++;
    this.#first ||= `line ${line}: ${message.split("\n", 1)[0]}`;
  };

  /** undefined without damage. */
  get message(): string | undefined {
    if (this.#count === 0) return undefined;
    const lines = this.#count === 1 ? "1 line" : `${this.#count} lines`;
    return `${this.#path}: ${lines} damaged and left out (${this.#first}); everything else is read`;
  }
}

/**
 * `ended` says whether a line break follows. Splits bytes, so that no character is cut in two. No text for a line that is
 * too long.
 */
async function* lines(path: string): AsyncGenerator<{ text: string | undefined; ended: boolean }> {
  let pieces: Buffer[] = [];
  let bytes = 0;
  const add = (piece: Buffer) => {
    bytes += piece.length;
    if (bytes <= MAX_LINE_BYTES) pieces.push(piece);
    else pieces = [];
  };
  const take = () => {
    const text = bytes <= MAX_LINE_BYTES ? Buffer.concat(pieces).toString("utf8") : undefined;
    [pieces, bytes] = [[], 0];
    return text;
  };
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      add(chunk.subarray(start, end));
      yield { text: take(), ended: true };
      start = end + 1;
    }
    add(chunk.subarray(start));
  }
  if (bytes > 0) yield { text: take(), ended: false };
}
