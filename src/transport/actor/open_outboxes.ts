/** Opens the two outboxes of an actor, in memory or in its outbox folder. */
import { setTimeout as delay } from "node:timers/promises";
import { describeSystemError } from "../../utils/files/system_error.ts";
import { TransportError } from "../errors.ts";
import type { RecordKind } from "../messages.ts";
import { Journal } from "../outbox/journal.ts";
import { Outbox } from "../outbox/outbox.ts";
import { OutboxFolder } from "../outbox/outbox_folder.ts";
import { describeDamage } from "../outbox/segments.ts";
import type { TransportSettings } from "../settings.ts";
import type { ActorOptions } from "../transport.ts";

const MEBIBYTE = 2 ** 20;
const DEFAULT_MEMORY_BYTES = 64 * MEBIBYTE;
const DEFAULT_DISK_BYTES = 4096 * MEBIBYTE;
const MAX_SEGMENT_BYTES = 64 * MEBIBYTE;
/** Episode reports are small and rare. */
const INTERACTION_BYTES = 4 * MEBIBYTE;
const OUT_OF_ROOM = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE"]);
const RETRY_MS = 1000;

export interface Outboxes {
  readonly folder: OutboxFolder | undefined;
  readonly transitions: Outbox;
  readonly interactions: Outbox;
}

/**
 * Waits while the disk is full, and reports it.
 *
 * @throws TransportError `outbox` for an unusable folder, RangeError for a capacity that is too small; the signal's
 * reason.
 */
export async function openOutboxes(options: ActorOptions, settings: TransportSettings): Promise<Outboxes> {
  const { directory, memoryBytes = DEFAULT_MEMORY_BYTES, diskBytes = DEFAULT_DISK_BYTES } = options.outbox ?? {};
  if (!(memoryBytes > 0)) throw new RangeError(`outbox memoryBytes must be positive, got ${memoryBytes}`);
  if (directory === undefined) {
    return {
      folder: undefined,
      transitions: new Outbox({ memoryBytes, diskBytes: 0 }),
      interactions: new Outbox({ memoryBytes: INTERACTION_BYTES, diskBytes: 0 }),
    };
  }
  if (!(diskBytes >= 4 * settings.maxMessageBytes)) {
    throw new RangeError(
      `outbox diskBytes must hold at least four messages (${4 * settings.maxMessageBytes} bytes), got ${diskBytes}`,
    );
  }
  return await whenThereIsRoom(directory, options, () => openIn(directory, memoryBytes, diskBytes, options));
}

async function openIn(
  directory: string,
  memoryBytes: number,
  diskBytes: number,
  options: ActorOptions,
): Promise<Outboxes> {
  const folder = await openFolder(directory);
  const opened: Outbox[] = [];
  const open = async (kind: RecordKind, memory: number, disk: number) => {
    const journal = await openJournal(folder, kind, disk, options);
    const onProblem = problemEvents(kind, folder, options);
    const outbox = new Outbox({ memoryBytes: memory, diskBytes: disk, journal, onProblem });
    opened.push(outbox);
    await outbox.checkDisk();
    return outbox;
  };
  try {
    const transitions = await open("transitions", memoryBytes, diskBytes);
    return { folder, transitions, interactions: await open("interactions", INTERACTION_BYTES, 16 * INTERACTION_BYTES) };
  } catch (error) {
    for (const outbox of opened) await outbox.close();
    await folder.close();
    throw error;
  }
}

async function whenThereIsRoom<T>(
  directory: string,
  { onEvent, signal }: ActorOptions,
  openThem: () => Promise<T>,
): Promise<T> {
  for (let waited = false; ; waited = true) {
    try {
      return await openThem();
    } catch (error) {
      if (!isOutOfRoom(error)) throw error;
      const message = `cannot open the outbox ${directory}: ${reasonOf(error)}: waiting for room`;
      if (!waited) onEvent?.({ level: "error", code: "outbox-blocked", message });
      await delay(RETRY_MS, undefined, { ...(signal && { signal }) });
    }
  }
}

/** Reports that records wait for the disk, and when they no longer do. */
function problemEvents(kind: RecordKind, { path, session }: OutboxFolder, { onEvent }: ActorOptions) {
  return (problem: string | undefined): void => {
    if (problem === undefined) {
      const message = `the outbox ${path} accepts ${kind} again`;
      onEvent?.({ level: "info", code: "outbox-writable", message, session });
    } else {
      const message = `the outbox ${path} accepts no ${kind}: ${problem}. The robot waits until it does`;
      onEvent?.({ level: "error", code: "outbox-blocked", message, session });
    }
  };
}

/** Whether the error or its cause is a lack of disk space or file descriptors. */
function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return OUT_OF_ROOM.has((error as NodeJS.ErrnoException).code ?? "") || isOutOfRoom(error.cause);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? describeSystemError(error) : String(error);
}

async function openFolder(directory: string): Promise<OutboxFolder> {
  try {
    return await OutboxFolder.open(directory);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw new TransportError("outbox", `cannot use the outbox folder ${directory}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function openJournal(folder: OutboxFolder, name: RecordKind, diskBytes: number, options: ActorOptions) {
  const { onEvent } = options;
  const { session } = folder;
  const journal = await Journal.open({
    directory: folder.path,
    name,
    segmentBytes: Math.min(MAX_SEGMENT_BYTES, diskBytes / 8),
    syncToDisk: options.outbox?.syncToDisk ?? false,
    onDamage: (damage) => {
      const level = damage.lost.length > 0 ? "error" : "warn";
      onEvent?.({ level, code: "outbox-damaged", message: describeDamage(damage), session });
    },
    restoreFolder: () => folder.restore(),
    onRewritten: (path) => {
      const message = `${path} was deleted or moved away while it was in use; it was rewritten`;
      onEvent?.({ level: "error", code: "outbox-damaged", message, session });
    },
  });
  const { tornTail } = journal;
  if (tornTail !== undefined) {
    const message = `removed ${tornTail.bytes} bytes of an unfinished write from ${tornTail.path}`;
    onEvent?.({ level: "info", code: "outbox-recovered", message, session });
  }
  return journal;
}
