/** Records a run in its folder: the run log and TensorBoard's event files. */
import { join } from "node:path";
import type { EventFile } from "./files/event_file.ts";
import { DamagedLines, readRunLog } from "./read_run_log.ts";
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

/** Keeps events in memory until the run may write files. */
export interface PendingRecording extends RunRecording {
  /** Writes earlier and future events. Never fails: a run continues without its logs. */
  begin(outputDir: string): Promise<void>;
}

/**
 * Records every future event in `<outputDir>/run.jsonl` and `<outputDir>/tensorboard`. The existing log is read first: a
 * resumed run's moving shares continue from it. Damaged lines are skipped and stay in the file; a notice reports them, and
 * files that cannot be written.
 */
export async function recordRun(outputDir: string, events: RunEvents): Promise<RunRecording> {
  const recording = recordRunFrom(events);
  await recording.begin(outputDir);
  return recording;
}

/** Like `recordRun`, with events from now on and files from `begin` on. */
export function recordRunFrom(events: RunEvents): PendingRecording {
  return new Recording(events);
}

class Recording implements PendingRecording {
  readonly earlier: RunEvent[] = [];
  readonly #events: RunEvents;
  /** Events from before the files were open. */
  readonly #pending: RunEvent[] = [];
  readonly #unsubscribe: () => void;
  readonly #files: EventFile[] = [];

  constructor(events: RunEvents) {
    this.#events = events;
    this.#unsubscribe = events.subscribe((event) => this.#pending.push(event));
  }

  async begin(outputDir: string): Promise<void> {
    const path = join(outputDir, RUN_LOG_FILE);
    const problems: string[] = [];
    const attempt = async (what: string, task: () => Promise<unknown>) => {
      await task().catch((error: Error) => problems.push(`${what}: ${error.message}`));
    };
    await attempt(`${path} cannot be read`, () => this.#readEarlier(path, problems));
    const options = { pending: this.#pending };
    await attempt(`the run continues without ${path}`, async () => {
      this.#files.push(await openRunLog(path, this.#events, options));
    });
    const folder = join(outputDir, TENSORBOARD_FOLDER);
    await attempt(`the run continues without ${folder}`, async () => {
      this.#files.push(await openTensorBoardLog(folder, this.#events, { ...options, history: this.earlier }));
    });
    this.#unsubscribe();
    const { interaction_step = 0 } = this.#pending.at(-1) ?? this.earlier.at(-1) ?? {};
    for (const message of problems) {
      this.#events.emit({ type: "notice", level: "error", source: "run log", message, interaction_step });
    }
  }

  flush(): Promise<void> {
    return settle(this.#files.map((file) => file.flush()));
  }

  close(): Promise<void> {
    this.#unsubscribe();
    return settle(this.#files.map((file) => file.close()));
  }

  async #readEarlier(path: string, problems: string[]): Promise<void> {
    const damaged = new DamagedLines(path);
    try {
      for await (const event of readRunLog(path, damaged.add)) this.earlier.push(event);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
    if (damaged.message !== undefined) problems.push(damaged.message);
  }
}

/** Waits for all of them; rejects with the first failure. */
async function settle(tasks: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(tasks)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
}
