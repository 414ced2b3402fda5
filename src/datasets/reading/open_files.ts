/** A bounded set of open files: the least recently used one is closed to open another. */

import { Turns } from "../../utils/turns.ts";

interface Entry<File> {
  readonly file: Promise<File>;
  readonly uses: Turns;
}

export class OpenFiles<File> {
  readonly #open: (path: string) => Promise<File>;
  readonly #close: (file: File) => Promise<void>;
  readonly #limit: number;
  readonly #entries = new Map<string, Entry<File>>();
  /** Files that are evicted and not yet closed. */
  readonly #evicted = new Set<Promise<void>>();

  constructor(limit: number, open: (path: string) => Promise<File>, close: (file: File) => Promise<void>) {
    this.#limit = limit;
    this.#open = open;
    this.#close = close;
  }

  /** Uses of the same file run one after another. */
  use<Result>(path: string, action: (file: File) => Promise<Result>): Promise<Result> {
    const known = this.#entries.get(path);
    const entry: Entry<File> = known ?? { file: this.#open(path), uses: new Turns() };
    this.#entries.delete(path);
    this.#entries.set(path, entry);
    const result = entry.uses.take(async () => action(await entry.file));
    // A file that could not be opened is retried next time.
    entry.file.catch(() => {
      if (this.#entries.get(path) === entry) this.#entries.delete(path);
    });
    if (this.#entries.size > this.#limit) this.#evict();
    return result;
  }

  #evict(): void {
    const [path, entry] = this.#entries.entries().next().value!;
    this.#entries.delete(path);
    const closed = this.#release(entry)
      .catch(() => {}) // The uses of the file have had their results.
      .finally(() => this.#evicted.delete(closed));
    this.#evicted.add(closed);
  }

  async #release(entry: Entry<File>): Promise<void> {
    await entry.uses.settled;
    const file = await entry.file.catch(() => undefined);
    if (file !== undefined) await this.#close(file);
  }

  async closeAll(): Promise<void> {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    await Promise.all([...this.#evicted, ...entries.map((entry) => this.#release(entry))]);
  }
}
