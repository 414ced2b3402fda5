/** Opens the two outboxes of an actor, in memory or in its outbox folder. */
import { TransportError } from "../errors.ts";
import type { RecordKind } from "../messages.ts";
import { Journal } from "../outbox/journal.ts";
import { Outbox } from "../outbox/outbox.ts";
import { OutboxFolder } from "../outbox/outbox_folder.ts";
import type { TransportSettings } from "../settings.ts";
import type { ActorOptions } from "../transport.ts";

const MEBIBYTE = 2 ** 20;
const DEFAULT_MEMORY_BYTES = 64 * MEBIBYTE;
const DEFAULT_DISK_BYTES = 4096 * MEBIBYTE;
const MAX_SEGMENT_BYTES = 64 * MEBIBYTE;
/** Episode reports are small and rare. */
const INTERACTION_BYTES = 4 * MEBIBYTE;

export interface Outboxes {
  readonly folder: OutboxFolder | undefined;
  readonly transitions: Outbox;
  readonly interactions: Outbox;
}

/** @throws TransportError `outbox` for a folder that cannot be used, RangeError for a capacity that is too small. */
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
  const folder = await openFolder(directory);
  try {
    const open = async (kind: RecordKind, memory: number, disk: number) =>
      new Outbox({ memoryBytes: memory, diskBytes: disk, journal: await openJournal(folder, kind, disk, options) });
    return {
      folder,
      transitions: await open("transitions", memoryBytes, diskBytes),
      interactions: await open("interactions", INTERACTION_BYTES, 16 * INTERACTION_BYTES),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function openFolder(directory: string): Promise<OutboxFolder> {
  try {
    return await OutboxFolder.open(directory);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransportError("outbox", `cannot use the outbox folder ${directory}: ${reason}`, { cause: error });
  }
}

async function openJournal(folder: OutboxFolder, name: RecordKind, diskBytes: number, options: ActorOptions) {
  const journal = await Journal.open({
    directory: folder.path,
    name,
    segmentBytes: Math.min(MAX_SEGMENT_BYTES, diskBytes / 8),
    syncToDisk: options.outbox?.syncToDisk ?? false,
  });
  const { tornTail } = journal;
  if (tornTail !== undefined) {
    const message = `cut ${tornTail.bytes} bytes of an unfinished write off ${tornTail.path}; no accepted record was in them`;
    options.onEvent?.({ level: "info", code: "outbox-recovered", message, session: folder.session });
  }
  return journal;
}
