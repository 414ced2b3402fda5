/**
 * A run's checkpoints. Each is written to a staging folder, flushed and renamed into place; only then does `last` name it.
 * So `last` always names a complete checkpoint, however the process ends. One process writes to a folder at a time.
 */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { SavedReplay } from "../../replay/replay_archive.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { makeFolder } from "../../utils/files/make_folder.ts";
import { syncFolder } from "../../utils/files/write_file_atomic.ts";
import {
  assertSavable,
  type LoadCheckpointOptions,
  progressOf,
  readContents,
  readTrainConfig,
  type SavedRun,
  type TrainingCheckpoint,
  writeContents,
} from "./contents.ts";
import { LAST, readLast, switchLast } from "./last_link.ts";
import {
  CheckpointError,
  isStepFolder,
  isTemporaryFolder,
  PRETRAINED_MODEL,
  REPLAY,
  stepFolderName,
  TRAIN_CONFIG_FILE,
} from "./layout.ts";
import { linkFolder } from "./link_folder.ts";
import { findDamage, type Manifest, type ManifestAt, readManifest, writeManifest, writeScore } from "./manifest.ts";
import { type CheckpointInfo, prunable } from "./retention.ts";

const TRAIN_CONFIG = `${PRETRAINED_MODEL}/${TRAIN_CONFIG_FILE}`;

export interface CheckpointStoreOptions {
  /** How many of the newest checkpoints are kept, besides the best and the one that `last` names. Default: all. */
  readonly keepLast?: number;
  /** Length of the run: decides how many digits the folders' names have. */
  readonly onlineSteps: number;
}

/** A run as it was saved, ready to go on. */
export interface LoadedCheckpoint extends SavedRun {
  readonly folder: string;
  readonly score?: number;
}

export class CheckpointStore {
  /** `<output_dir>/checkpoints`. */
  readonly folder: string;
  readonly #keepLast: number;
  readonly #onlineSteps: number;
  /** The checkpoint that this process last wrote or read, and its buffers by name: what the next one may share. */
  #previous: { readonly at: ManifestAt; readonly replays: ReadonlyMap<string, SavedReplay> } | undefined;
  #saving = false;

  /** @throws RangeError unless `keepLast` is at least 1. */
  constructor(folder: string, { keepLast = Number.POSITIVE_INFINITY, onlineSteps }: CheckpointStoreOptions) {
    if (!(keepLast >= 1)) throw new RangeError(`keepLast must be at least 1, got ${keepLast}`);
    this.folder = resolve(folder);
    this.#keepLast = keepLast;
    this.#onlineSteps = onlineSteps;
  }

  /**
   * Saves a run; a checkpoint of the same step is replaced. Change nothing of the run until the promise settles. If it
   * fails, everything saved before is still there and `last` names what it named.
   *
   * @returns the checkpoint's folder.
   * @throws RangeError or TypeError for what could not be loaded again; Error while another save is under way, or when the run
   *   went on meanwhile.
   */
  async save(checkpoint: TrainingCheckpoint): Promise<string> {
    assertSavable(checkpoint);
    const progress = progressOf(checkpoint);
    if (this.#saving) throw new Error("a checkpoint is being saved already: await it first");
    this.#saving = true;
    try {
      return await this.#save(checkpoint, progress);
    } finally {
      this.#saving = false;
    }
  }

  /**
   * The folder to resume from: what `last` names or, should the first save have been cut off just before it wrote `last`,
   * the newest whole checkpoint. undefined when nothing was ever saved.
   *
   * @throws CheckpointError when `last` names a folder that is gone.
   */
  async latest(): Promise<string | undefined> {
    const last = await readLast(this.folder);
    if (last === undefined) return (await this.list()).at(-1)?.path;
    const path = join(this.folder, last);
    if (await isFolder(path)) return path;
    throw new CheckpointError(
      `${join(this.folder, LAST)} names ${last}, which is gone. ${await this.#advice(last)} To start over, choose ` +
        "another output folder",
    );
  }

  /** Names of all that says a run is here, whole or not: checkpoints and `last`. Empty before the first save has come so far. */
  async entries(): Promise<string[]> {
    return (await this.#entries()).filter((name) => name === LAST || isStepFolder(name));
  }

  /** The whole checkpoints, in the order they were saved. One whose `checkpoint.json` is unreadable is left out. */
  async list(): Promise<CheckpointInfo[]> {
    const found: CheckpointInfo[] = [];
    for (const name of await this.#entries()) {
      const path = join(this.folder, name);
      const manifest = isStepFolder(name) ? await readManifest(path).catch(() => undefined) : undefined;
      if (manifest === undefined) continue;
      const { step, sequence, score } = manifest;
      found.push({ path, name, step, sequence, ...(score === null ? {} : { score }) });
    }
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  /**
   * Brings a run back; every file is checked first. Dispose of its policy and algorithm when done.
   *
   * @param path A checkpoint's folder. Default: the latest.
   * @throws CheckpointError naming what is missing or damaged and what can be loaded instead. Nothing is started over.
   */
  async load(path?: string, options: LoadCheckpointOptions = {}): Promise<LoadedCheckpoint> {
    const folder = path === undefined ? await this.latest() : resolve(path);
    if (folder === undefined) {
      throw new CheckpointError(`no checkpoint in ${this.folder}: check the folder, or train without resuming`);
    }
    const manifest = await readManifest(folder).catch((error) => this.#fail(folder, error));
    const damage = await findDamage(folder, manifest.files);
    if (damage.length > 0) await this.#fail(folder, new Error(damage.join("\n  ")));
    const { checkpoint, saved } = await readContents(folder, manifest, options).catch((error) =>
      this.#fail(folder, error),
    );
    this.#previous = { at: { folder, manifest }, replays: saved };
    return { folder, ...checkpoint, ...(manifest.score === null ? {} : { score: manifest.score }) };
  }

  /** The config that a checkpoint was saved with. @throws CheckpointError when it is missing or damaged. */
  async trainConfig(path: string): Promise<TrainRLServerPipelineConfig> {
    try {
      const { files } = await readManifest(path);
      const [damage] = await findDamage(path, { [TRAIN_CONFIG]: files[TRAIN_CONFIG]! });
      if (damage !== undefined) throw new Error(damage);
      return await readTrainConfig(path);
    } catch (error) {
      return await this.#fail(path, error);
    }
  }

  /**
   * Says how good the policy of a saved checkpoint turned out to be. Not while a save is under way.
   *
   * @param score Higher is better.
   * @throws CheckpointError when the folder holds no checkpoint.
   */
  async rate(path: string, score: number): Promise<void> {
    if (!Number.isFinite(score)) throw new RangeError(`score must be a finite number, got ${score}`);
    await writeScore(resolve(path), score);
  }

  async #save(checkpoint: TrainingCheckpoint, progress: string): Promise<string> {
    await makeFolder(this.folder);
    await this.#removeLeftovers();
    const name = stepFolderName(checkpoint.step, this.#onlineSteps);
    const staging = this.#temporaryFolder(name);
    try {
      await mkdir(staging);
      const written = await writeContents(staging, checkpoint, this.#previous?.replays ?? new Map());
      if (progressOf(checkpoint) !== progress) {
        throw new Error(
          "the run continued while it was being saved: await save() before training or adding transitions",
        );
      }
      const manifest = await this.#describe(staging, checkpoint);
      await this.#makeRoom(name);
      const path = join(this.folder, name);
      await rename(staging, path);
      await syncFolder(this.folder);
      await switchLast(this.folder, name);
      const replays = [...written].map(([key, saved]) => [key, { ...saved, folder: join(path, REPLAY, key) }] as const);
      this.#previous = { at: { folder: path, manifest }, replays: new Map(replays) };
    } catch (error) {
      await rm(staging, { recursive: true, force: true });
      throw error;
    }
    await this.#prune();
    return join(this.folder, name);
  }

  async #describe(staging: string, { step, algorithm, score, buffers }: TrainingCheckpoint): Promise<Manifest> {
    const values = {
      sequence: ((await this.list()).at(-1)?.sequence ?? 0) + 1,
      step,
      optimization_step: algorithm.optimizationStep,
      score: score ?? null,
      buffers: Object.keys(buffers),
    };
    return await writeManifest(staging, values, this.#previous?.at);
  }

  /** Moves an older checkpoint of the same name away. While it is, `last` names a second set of links to its files. */
  async #makeRoom(name: string): Promise<void> {
    const path = join(this.folder, name);
    if (!(await isFolder(path))) return;
    const current = (await readLast(this.folder)) ?? (await this.list()).at(-1)?.name;
    if (current === name) {
      const twin = this.#temporaryFolder(name);
      await linkFolder(path, twin);
      await syncFolder(this.folder);
      await switchLast(this.folder, basename(twin));
    }
    await rename(path, this.#temporaryFolder(name));
  }

  /** A half-deleted folder must not look like a checkpoint, so it is renamed before it is deleted. */
  async #prune(): Promise<void> {
    const last = await readLast(this.folder);
    for (const { name, path } of prunable(await this.list(), this.#keepLast, last)) {
      await rename(path, this.#temporaryFolder(name));
    }
    await this.#removeLeftovers();
  }

  /** Deletes what an interrupted save or deletion has left, except what `last` names. */
  async #removeLeftovers(): Promise<void> {
    const last = await readLast(this.folder);
    for (const name of await this.#entries()) {
      if (isTemporaryFolder(name) && name !== last) await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }

  #temporaryFolder(name: string): string {
    return join(this.folder, `.${name}.${randomUUID()}.tmp`);
  }

  async #entries(): Promise<string[]> {
    return await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
  }

  async #fail(folder: string, cause: unknown): Promise<never> {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const message = `cannot resume from ${folder}:\n  ${problem}\n${await this.#advice(basename(folder))}`;
    throw new CheckpointError(message, { cause });
  }

  async #advice(unusable: string): Promise<string> {
    const others = (await this.list()).map(({ name }) => name).filter((name) => name !== unusable);
    const instead = others.length === 0 ? "" : `, or load another checkpoint (${others.join(", ")})`;
    return `Restore it from a copy${instead}.`;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() ?? false;
}
