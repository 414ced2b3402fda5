/** The run log: every event of a run as one line of `<output_dir>/run.jsonl`, which a resumed run appends to. */
import { open } from "node:fs/promises";
import { dirname } from "node:path";
import { makeFolder } from "../utils/files/make_folder.ts";
import { EventFile, type EventFileOptions } from "./files/event_file.ts";
import { parseRunEvent, serializeRunEvent } from "./run_event_json.ts";
import type { RunEvents } from "./run_events.ts";

export const RUN_LOG_FILE = "run.jsonl";
const NEW_LINE = 0x0a;
const TAIL_BYTES = 64 * 1024;

/**
 * Writes every future event. Emitting never waits for the disk; a killed process loses at most the events of the last
 * second. A last line torn by a kill is removed first, one that only lacks its line break is completed.
 *
 * @param path Usually `<output_dir>/run.jsonl`; its folder is created.
 */
export async function openRunLog(path: string, events: RunEvents, options: EventFileOptions = {}): Promise<EventFile> {
  await makeFolder(dirname(path));
  await repairLastLine(path);
  const encode = (event: Parameters<typeof serializeRunEvent>[0]) => Buffer.from(`${serializeRunEvent(event)}\n`);
  return EventFile.open({ name: "run log", path, encode }, events, options);
}

async function repairLastLine(path: string): Promise<void> {
  const file = await open(path, "a+");
  try {
    const { size } = await file.stat();
    const tail = await readLastLine(file, size);
    if (tail.length === 0) return;
    if (isComplete(tail.toString("utf8"))) await file.write("\n");
    else await file.truncate(size - tail.length);
  } finally {
    await file.close();
  }
}

/** The bytes after the last line break: none in a closed file. */
async function readLastLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<Buffer> {
  let tail = Buffer.alloc(0);
  while (tail.length < size) {
    const length = Math.min(TAIL_BYTES, size - tail.length);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - tail.length - length);
    const lineBreak = buffer.lastIndexOf(NEW_LINE);
    tail = Buffer.concat([buffer.subarray(lineBreak + 1), tail]);
    if (lineBreak >= 0) break;
  }
  return tail;
}

/** An event, or a complete line damaged later: it is kept, and readers skip it. */
function isComplete(line: string): boolean {
  if (line.endsWith("}")) return true;
  try {
    parseRunEvent(line);
    return true;
  } catch {
    return !line.startsWith("{");
  }
}
