/** Writes a run's events to a file. Disk errors never stop the run: they become notices. */
import type { RunEvent } from "../run_event.ts";
import type { RunEvents } from "../run_events.ts";
import { AppendFile, type AppendFileOptions } from "./append_file.ts";

export interface EventFileOptions extends Omit<AppendFileOptions, "onError" | "onReplaced" | "head"> {
  /** Earlier events to write first, including those added while the file is being opened. */
  readonly pending?: readonly RunEvent[];
}

interface EventFileParts {
  /** Source of its notices. */
  readonly name: string;
  /** Encodes an event; no bytes for events that the file does not store. */
  readonly encode: (event: RunEvent) => Uint8Array | undefined;
}

export class EventFile {
  readonly #name: string;
  readonly #encode: EventFileParts["encode"];
  readonly #file: AppendFile;
  readonly #events: RunEvents;
  readonly #unsubscribe: () => void;
  #interactionStep = 0;
  #lost = 0;
  #lostInARow = 0;

  private constructor(
    file: AppendFile,
    events: RunEvents,
    { name, encode }: EventFileParts,
    pending: readonly RunEvent[],
  ) {
    this.#name = name;
    this.#encode = encode;
    this.#file = file;
    this.#events = events;
    for (const event of pending) this.#write(event);
    this.#unsubscribe = events.subscribe((event) => this.#write(event));
  }

  /** Opens the file, then writes `head`, earlier events and every future event. */
  static async open(
    { path, head, ...parts }: EventFileParts & { readonly path: string; readonly head?: Uint8Array },
    events: RunEvents,
    { pending = [], ...options }: EventFileOptions,
  ): Promise<EventFile> {
    let sink: EventFile | undefined;
    const onError = ({ message }: Error) => {
      if (sink) sink.#notice("error", `cannot write ${path}: ${message}. Events wait in memory and are retried`);
    };
    const onReplaced = () => {
      if (sink) sink.#notice("error", `${path} was deleted or moved during the run: events go into a new file`);
    };
    const file = await AppendFile.open(path, { ...options, ...(head && { head }), onError, onReplaced });
    sink = new EventFile(file, events, parts, pending);
    return sink;
  }

  get path(): string {
    return this.#file.path;
  }

  /** Events lost because the buffer was full. */
  get lostEvents(): number {
    return this.#lost;
  }

  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** Ends the subscription, flushes and closes. */
  async close(): Promise<void> {
    this.#unsubscribe();
    await this.#file.close();
  }

  #write(event: RunEvent): void {
    this.#interactionStep = event.interaction_step;
    const bytes = this.#encode(event);
    if (!bytes) return;
    if (this.#file.append(bytes)) {
      const lost = this.#lostInARow;
      this.#lostInARow = 0;
      if (lost > 0) this.#notice("warn", `${lost} events are missing in ${this.path}`);
      return;
    }
    this.#lost++;
    this.#lostInARow++;
    if (this.#lostInARow === 1)
      this.#notice("error", `${this.path} cannot be written and its buffer is full: events are lost`);
  }

  #notice(level: "warn" | "error", message: string): void {
    this.#events.emit({
      type: "notice",
      interaction_step: this.#interactionStep,
      level,
      source: this.#name,
      message,
    });
  }
}
