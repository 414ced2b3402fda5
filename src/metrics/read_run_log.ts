/** Reads a run log, also one that is still being written or whose process was killed. */
import { createReadStream } from "node:fs";
import type { RunEvent } from "./run_event.ts";
import { isUnknownRunEvent, parseRunEvent } from "./run_event_json.ts";

/** A skipped line: written by a newer version, torn by a kill, or damaged on disk. */
export interface SkippedLine {
  /** Counted from 1. */
  readonly line: number;
  readonly reason: "unknown type" | "torn" | "damaged";
  /** The unknown type; empty for other lines. */
  readonly type: string;
  /** The problem with a damaged line. */
  readonly message?: string;
}

/** Longer lines are damage: this is some hundred times the longest line written. */
const MAX_LINE_BYTES = 16 * 2 ** 20;

/**
 * Streams a log's events in order. A damaged line does not make the rest unreadable.
 *
 * @param onSkipped Called with every skipped line.
 * @throws Error if the file cannot be read.
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

/** Counts the damaged lines that a reader of a log skips. */
export class DamagedLines {
  readonly #path: string;
  #count = 0;
  #first = "";

  constructor(path: string) {
    this.#path = path;
  }

  /** Pass it to `readRunLog`. */
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
 * `ended` says whether a line break follows. Splits bytes, so that no character is cut in two. No text for an overlong line.
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
