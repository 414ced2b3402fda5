/**
 * Compiled programs on the disk. An entry is a folder named by its key, with a library and a manifest. It appears by one
 * rename, so that neither a crash nor another process ever shows half of it, and it is verified whenever it is used.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { syncFolder } from "../../../../utils/files/write_file_atomic.ts";
import type { GeneratedCode } from "../generated_code.ts";

/** What is known of a library besides its code. */
export interface Description extends Pick<GeneratedCode, "slots" | "arenaBytes"> {
  /** What compiled it, such as "gcc 12.2.0". */
  readonly compiler: string;
}

export interface CacheEntry {
  /** The path of the library. */
  readonly library: string;
  readonly description: Description;
}

export const LIBRARY = "step.node";
const MANIFEST = "manifest";
const WORK = "work-";
const ENTRY = /^[0-9a-f]{64}$/;
const DEFAULT_LIMIT_BYTES = 256 * 2 ** 20;
/** A compiler is ended long before. */
const ABANDONED_AFTER_MS = 3_600_000;
/** Another process may be about to load it. */
const IN_USE_MS = 60_000;
const SIGN_OF_LIFE_MS = 500;
/** Without a sign of life, nobody is waited for. */
const SILENT_MS = 4 * SIGN_OF_LIFE_MS;
const LONGEST_WAIT_MS = 60_000;
const POLL_MS = 50;

export class StepCache {
  readonly #folder: string;
  readonly #limitBytes: number;

  /** @param folder see `openCacheFolder`. */
  constructor(folder: string, limitBytes = DEFAULT_LIMIT_BYTES) {
    this.#folder = folder;
    this.#limitBytes = limitBytes;
  }

  /** The entry, if it is there as it was written. A damaged one is removed. */
  async find(key: string): Promise<CacheEntry | undefined> {
    const folder = join(this.#folder, key);
    const [manifest, library] = await Promise.all([
      readFile(join(folder, MANIFEST), "utf8").catch(() => undefined),
      readFile(join(folder, LIBRARY)).catch(() => undefined),
    ]);
    if (manifest === undefined && library === undefined) return undefined;
    const isWhole = manifest !== undefined && library !== undefined;
    const description = isWhole ? verify(manifest, key, library) : undefined;
    if (description === undefined) {
      await this.#remove(folder);
      return undefined;
    }
    // Which entry was used last decides which one stays.
    const now = new Date();
    await utimes(folder, now, now).catch(() => {});
    return { library: join(folder, LIBRARY), description };
  }

  /**
   * The place to compile a program in, or the program's entry if another thread or process was compiling it: that is waited
   * for.
   */
  async claim(key: string): Promise<Workplace | CacheEntry> {
    const shared = join(this.#folder, WORK + key);
    for (const start = performance.now(); performance.now() - start < LONGEST_WAIT_MS; await setTimeout(POLL_MS)) {
      const isMine = await makeNewFolder(shared);
      const entry = await this.find(key);
      if (entry !== undefined) {
        if (isMine) await rm(shared, { recursive: true, force: true });
        return entry;
      }
      if (isMine) return new Workplace(shared);
      const { mtimeMs } = await stat(shared).catch(() => ({ mtimeMs: Date.now() }));
      // Who made it has crashed, or is stuck.
      if (Date.now() - mtimeMs > SILENT_MS) break;
    }
    const own = join(this.#folder, WORK + randomUUID());
    await makeNewFolder(own);
    return new Workplace(own);
  }

  /**
   * Makes an entry of the library at the workplace, unless another process was faster, and removes what is too old or too
   * much.
   *
   * @throws the system's error; the cache is then as before.
   */
  async add(key: string, work: Workplace, description: Description): Promise<CacheEntry> {
    const library = await readFile(join(work.folder, LIBRARY));
    await writeSynced(join(work.folder, MANIFEST), manifestOf(key, library, description));
    await syncFile(join(work.folder, LIBRARY));
    await syncFolder(work.folder);
    const folder = join(this.#folder, key);
    try {
      await work.become(folder);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
      const theirs = await this.find(key);
      if (theirs !== undefined) return theirs;
      await work.become(folder);
    }
    await syncFolder(this.#folder);
    await this.#tidy(key).catch(() => {}); // The next process tries again.
    return { library: join(folder, LIBRARY), description };
  }

  /** Removes what crashed processes left, and the entries unused for longest where there are too many. */
  async #tidy(keep: string): Promise<void> {
    const names = await readdir(this.#folder);
    const now = Date.now();
    const left = names.filter((name) => name.startsWith(WORK));
    for (const name of left) {
      const folder = join(this.#folder, name);
      const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: now }));
      if (now - mtimeMs > ABANDONED_AFTER_MS) await rm(folder, { recursive: true, force: true });
    }
    const entries = await Promise.all(names.filter((name) => ENTRY.test(name)).map((name) => this.#measure(name)));
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { name, bytes, usedMs } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.#limitBytes) return;
      if (name === keep || now - usedMs < IN_USE_MS) continue;
      await this.#remove(join(this.#folder, name));
      total -= bytes;
    }
  }

  async #measure(name: string) {
    const folder = join(this.#folder, name);
    const size = (path: string) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      );
    const { mtimeMs } = await stat(folder).catch(() => ({ mtimeMs: 0 }));
    const bytes = (await size(join(folder, LIBRARY))) + (await size(join(folder, MANIFEST)));
    return { name, bytes, usedMs: mtimeMs };
  }

  /** At once: no process finds an entry with one of its files. What has loaded the library keeps it. */
  async #remove(folder: string): Promise<void> {
    const aside = join(this.#folder, `${WORK}${randomUUID()}`);
    await rename(folder, aside).then(
      () => rm(aside, { recursive: true, force: true }),
      () => {}, // Another process has removed it.
    );
  }
}

/** A folder in which a program is being compiled. It shows for as long that its owner is alive. */
export class Workplace {
  readonly folder: string;
  readonly #signs: NodeJS.Timeout;
  #isEntry = false;

  constructor(folder: string) {
    this.folder = folder;
    this.#signs = setInterval(() => {
      const now = new Date();
      utimes(folder, now, now).catch(() => {}); // The folder has just been moved.
    }, SIGN_OF_LIFE_MS).unref();
  }

  /** Moves the folder to where an entry is. @throws the system's error, as for one that is there already. */
  async become(entry: string): Promise<void> {
    await rename(this.folder, entry);
    this.#isEntry = true;
  }

  /** Removes the folder if it has not become an entry. */
  async close(): Promise<void> {
    clearInterval(this.#signs);
    if (!this.#isEntry) await rm(this.folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** @returns false if it exists. */
async function makeNewFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** The first line is the hash of the rest. */
function manifestOf(key: string, library: Uint8Array, { compiler, slots, arenaBytes }: Description): string {
  const body = JSON.stringify({ key, library: sha256(library), compiler, arenaBytes, slots });
  return `${sha256(body)}\n${body}`;
}

function verify(manifest: string, key: string, library: Uint8Array): Description | undefined {
  const [hash, body = ""] = manifest.split("\n", 2);
  if (hash !== sha256(body)) return undefined;
  const { key: ofKey, library: ofLibrary, ...description } = JSON.parse(body) as Description & Record<string, string>;
  return ofKey === key && ofLibrary === sha256(library) ? description : undefined;
}

function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFile(path: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
