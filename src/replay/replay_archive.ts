/**
 * A buffer on disk: one safetensors file per block and one `replay.json` that names them. A complete block changes only if a
 * row of it is amended, so a save writes only new blocks; `replay.json` is replaced last, so that a crash at any moment
 * leaves the previous save intact.
 */

import { link, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { loadSafetensors, saveSafetensors } from "../tensor/safetensors/file.ts";
import { Tensor } from "../tensor/tensor.ts";
import { makeFolder } from "../utils/files/make_folder.ts";
import { parseShallowJson } from "../utils/files/shallow_json.ts";
import { readTextFile } from "../utils/files/text_file.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import { ReplayBuffer, type ReplayBufferOptions } from "./replay_buffer.ts";
import type { ColumnArray, ColumnType } from "./row_queue.ts";
import { type ReplayBlock, replayStateSchema } from "./snapshot.ts";

const MAX_INDEX_BYTES = 64 * 2 ** 20;
const INDEX_FILE = "replay.json";
const BLOCK_FILE = /^[a-z]+-\d+\.\d+\.safetensors$/;
/** A temporary file left by a killed process. */
const UNFINISHED_FILE = /^\..+\.tmp$/;

const indexSchema = z.strictObject({
  /** Counts the saves; part of new files' names, so that no save touches a file of the previous one. */
  generation: z.number().int().positive(),
  state: replayStateSchema,
  blocks: z.array(z.strictObject({ name: z.string(), file: z.string().regex(BLOCK_FILE) })),
});

type ReplayIndex = z.infer<typeof indexSchema>;

/** The complete blocks of a buffer on disk: the folder, and the files by block name. */
export interface SavedReplay {
  readonly folder: string;
  readonly buffer: ReplayBuffer;
  readonly files: ReadonlyMap<string, SavedBlock>;
}

interface SavedBlock {
  readonly file: string;
  /** Revision of the block in the file. */
  readonly revision: number;
}

export interface ReplayArchiveOptions {
  /**
   * A save of the same buffer in another folder of the same disk. Its complete blocks are hard-linked instead of written;
   * deleting either folder leaves the other intact. If links are not possible, the blocks are written.
   */
  readonly shareWith?: SavedReplay;
}

/** One folder for one buffer. Several archives must not write to the same folder at once. */
export class ReplayArchive {
  readonly folder: string;
  readonly #shared: SavedReplay | undefined;
  #saved: SavedReplay | undefined;

  constructor(folder: string, { shareWith }: ReplayArchiveOptions = {}) {
    this.folder = folder;
    this.#shared = shareWith;
  }

  /** State on disk after the last `save` or `load`; undefined before. */
  get saved(): SavedReplay | undefined {
    return this.#saved;
  }

  /**
   * Saves the buffer, replacing the folder's content. Add nothing to the buffer until the promise settles.
   * @returns the number of blocks written; shared ones are not counted.
   * @throws Error if the buffer changed meanwhile; the folder then still holds the previous save.
   */
  async save(buffer: ReplayBuffer): Promise<number> {
    const { state, blocks } = buffer.snapshot();
    await makeFolder(this.folder);
    const generation = ((await this.#readIndex())?.generation ?? 0) + 1;
    const known = this.#saved?.buffer === buffer ? this.#saved.files : new Map<string, SavedBlock>();
    const complete = new Map<string, SavedBlock>();
    const index: ReplayIndex = { generation, state, blocks: [] };
    let written = 0;
    for (const block of blocks) {
      let file = fileOf(block, known) ?? (await this.#linkShared(block, buffer));
      if (file === undefined) {
        file = `${block.name}.${generation}.safetensors`;
        await saveSafetensors(join(this.folder, file), toTensors(block));
        written += 1;
      }
      if (block.complete) complete.set(block.name, { file, revision: block.revision });
      index.blocks.push({ name: block.name, file });
    }
    await writeFileAtomic(join(this.folder, INDEX_FILE), `${JSON.stringify(index, undefined, 2)}\n`);
    this.#saved = { folder: this.folder, buffer, files: complete };
    await this.#removeAllBut(new Set(index.blocks.map(({ file }) => file)));
    return written;
  }

  /** @throws Error if the folder holds no buffer or a damaged one. */
  async load(options: Pick<ReplayBufferOptions, "memoryLimitBytes" | "warn"> = {}): Promise<ReplayBuffer> {
    const index = await this.#readIndex();
    if (index === undefined) throw new Error(`no replay buffer in ${this.folder}: ${INDEX_FILE} is missing`);
    const complete = new Map<string, SavedBlock>();
    const { folder } = this;
    async function* blocks(): AsyncGenerator<ReplayBlock> {
      for (const { name, file } of index!.blocks) {
        const { tensors } = await loadSafetensors(join(folder, file));
        const arrays = Object.entries(tensors).map(([column, { data }]) => [column, data]);
        yield { name, complete: false, revision: 0, arrays: Object.fromEntries(arrays) };
      }
    }
    const buffer = await ReplayBuffer.restore({ state: index.state, blocks: blocks() }, options);
    const files = new Map(index.blocks.map(({ name, file }) => [name, file]));
    for (const { name, complete: isComplete, revision } of buffer.snapshot().blocks) {
      if (isComplete) complete.set(name, { file: files.get(name)!, revision });
    }
    this.#saved = { folder: this.folder, buffer, files: complete };
    return buffer;
  }

  /** Links the file of a complete block from another save of this buffer into this folder. */
  async #linkShared(block: ReplayBlock, buffer: ReplayBuffer): Promise<string | undefined> {
    const file = this.#shared?.buffer === buffer ? fileOf(block, this.#shared.files) : undefined;
    if (file === undefined) return undefined;
    try {
      await link(join(this.#shared!.folder, file), join(this.folder, file));
      return file;
    } catch {
      return undefined; // links are unsupported, or the other save is gone: the block is still in memory
    }
  }

  async #readIndex(): Promise<ReplayIndex | undefined> {
    const path = join(this.folder, INDEX_FILE);
    let text: string;
    try {
      text = await readTextFile(path, MAX_INDEX_BYTES);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new Error(`${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
    try {
      return indexSchema.parse(parseShallowJson(text));
    } catch (cause) {
      throw new Error(`${path} does not describe a replay buffer`, { cause });
    }
  }

  async #removeAllBut(files: ReadonlySet<string>): Promise<void> {
    for (const file of await readdir(this.folder)) {
      const stale = UNFINISHED_FILE.test(file) || (BLOCK_FILE.test(file) && !files.has(file));
      if (stale) await rm(join(this.folder, file), { force: true });
    }
  }
}

/** The file with this revision of a block. */
function fileOf({ name, revision }: ReplayBlock, files: ReadonlyMap<string, SavedBlock>): string | undefined {
  const saved = files.get(name);
  return saved?.revision === revision ? saved.file : undefined;
}

function toTensors(block: ReplayBlock): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(block.arrays).map(([column, array]) => {
      return [column, new Tensor(dtypeOf(array), [array.length], array)];
    }),
  );
}

function dtypeOf(array: ColumnArray): ColumnType {
  if (array instanceof Uint8Array) return "uint8";
  if (array instanceof Uint16Array) return "float16";
  return array instanceof Uint32Array ? "uint32" : "float32";
}
