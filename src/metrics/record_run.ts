/** What a run leaves in its folder while it goes: the run log and TensorBoard's event files. */
import { join } from "node:path";
import { readRunLog } from "./read_run_log.ts";
import type { RunEvent } from "./run_event.ts";
import type { RunEvents } from "./run_events.ts";
import { openRunLog, RUN_LOG_FILE } from "./run_log.ts";
import { openTensorBoardLog } from "./tensorboard/tensorboard_log.ts";

export const TENSORBOARD_FOLDER = "tensorboard";

export interface RunRecording {
  /** Events of earlier processes of this run, oldest first; empty for a new run. */
  readonly earlier: readonly RunEvent[];
  flush(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Records every event from now on in `<outputDir>/run.jsonl` and `<outputDir>/tensorboard`. What the log already has
 * is read first: a resumed run's moving shares go on where they were.
 *
 * @throws Error naming `path:line` where the log is damaged.
 */
export async function recordRun(outputDir: string, events: RunEvents): Promise<RunRecording> {
  const path = join(outputDir, RUN_LOG_FILE);
  const log = await openRunLog(path, events);
  try {
    const earlier: RunEvent[] = [];
    for await (const event of readRunLog(path)) earlier.push(event);
    const tensorboard = await openTensorBoardLog(join(outputDir, TENSORBOARD_FOLDER), events, { history: earlier });
    const both = [log, tensorboard];
    return {
      earlier,
      flush: () => settle(both.map((file) => file.flush())),
      close: () => settle(both.map((file) => file.close())),
    };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** Waits for all of them; rejects with the first failure. */
async function settle(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
