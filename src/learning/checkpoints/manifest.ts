/**
 * `checkpoint.json`: what a checkpoint consists of, with the size and SHA-256 of every file, and of itself. It is written
 * last, so a folder without it is not a checkpoint, and read first, so damage is found before anything is restored.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { z } from "zod";
import { parseShallowJson } from "../../utils/files/shallow_json.ts";
import { readTextFile } from "../../utils/files/text_file.ts";
import { syncFolder, writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { isLfsPointerFile, LFS_POINTER_PROBLEM } from "../../utils/hub/lfs_pointer.ts";
import { CheckpointError, PRETRAINED_MODEL } from "./layout.ts";

export const MANIFEST_FILE = "checkpoint.json";

const VERSION = 2;
/** A file takes some 150 bytes, and a checkpoint has dozens, or thousands with large buffers. */
const MAX_BYTES = 8 * 2 ** 20;

const count = z.int().min(0);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const contents = z.strictObject({
  format: z.literal("handrail-checkpoint"),
  sequence: z.int().min(1),
  step: count,
  /** Updates the algorithm has made: its own counter. */
  optimization_step: count,
  score: z.number().nullable(),
  /** Names of the folders in `replay/`. */
  buffers: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/)),
  /** By path relative to the checkpoint, with slashes. */
  files: z.record(z.string(), z.strictObject({ bytes: count, sha256 })),
});
const manifestSchema = z.discriminatedUnion("version", [
  contents.extend({ version: z.literal(1) }),
  /** `sha256` is of everything else in the file. */
  contents.extend({ version: z.literal(VERSION), sha256 }),
]);

export type Manifest = z.infer<typeof contents>;

/** A checkpoint on disk: hashes of files shared with it need not be computed again. */
export interface ManifestAt {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Flushes the folders, lists what is in them, and writes the manifest. */
export async function writeManifest(
  folder: string,
  values: Omit<Manifest, "format" | "files">,
  sharedWith?: ManifestAt,
): Promise<Manifest> {
  const files: Manifest["files"] = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await syncFolder(path);
    else {
      const name = relative(folder, path).split(sep).join("/");
      files[name] = (await knownHash(path, name, sharedWith)) ?? (await describeFile(path));
    }
  }
  const manifest: Manifest = { format: "handrail-checkpoint", ...values, files };
  await write(folder, manifest);
  return manifest;
}

/** Writes the manifest again with another score. @throws CheckpointError when there is none. */
export async function writeScore(folder: string, score: number): Promise<void> {
  await write(folder, { ...(await readManifest(folder)), score });
}

async function write(folder: string, manifest: Manifest): Promise<void> {
  const { format, ...rest } = manifest;
  const written = { format, version: VERSION, ...rest, sha256: hashOf(manifest) };
  await writeFileAtomic(join(folder, MANIFEST_FILE), `${JSON.stringify(written, undefined, 2)}\n`);
}

/** The same in whatever order a file has its keys. */
function hashOf({ files, ...values }: Manifest): string {
  const sorted = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  const listed = sorted(files).map(([name, { bytes, sha256 }]) => [name, bytes, sha256]);
  return createHash("sha256")
    .update(JSON.stringify([VERSION, sorted(values), listed]))
    .digest("hex");
}

/** @throws CheckpointError when there is none, or it cannot be read. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = await readTextFile(path, MAX_BYTES);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new CheckpointError(`${path} is damaged: ${(cause as Error).message}`, { cause });
    }
    const message =
      `${path} is missing: this is not a checkpoint that training can go on from. Its weights alone, if it has any, ` +
      `load with loadPretrainedPolicy("${join(folder, PRETRAINED_MODEL)}")`;
    throw new CheckpointError(message, { cause });
  }
  try {
    const { version, ...parsed } = manifestSchema.parse(parseShallowJson(text));
    if (!("sha256" in parsed)) return parsed;
    const { sha256: expected, ...manifest } = parsed;
    if (hashOf(manifest) !== expected) throw new Error("its SHA-256 differs: something in it is not as it was written");
    return manifest;
  } catch (cause) {
    throw new CheckpointError(`${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Every file that is not as the manifest says, with what is wrong. */
export async function findDamage(folder: string, files: Manifest["files"]): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, { bytes, sha256 }] of Object.entries(files)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) problems.push(`${path} is missing`);
    else if (await isLfsPointerFile(path)) problems.push(`${path} ${LFS_POINTER_PROBLEM}`);
    else if (found.size !== bytes) problems.push(`${path} is damaged: it has ${found.size} bytes instead of ${bytes}`);
    else if ((await describeFile(path)).sha256 !== sha256) problems.push(`${path} is damaged: its SHA-256 differs`);
  }
  return problems;
}

async function describeFile(path: string): Promise<Manifest["files"][string]> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    hash.update(piece);
    bytes += piece.byteLength;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The hash of a file that is the very same one, by inode, as in another checkpoint. */
async function knownHash(path: string, name: string, other: ManifestAt | undefined) {
  const known = other?.manifest.files[name];
  if (known === undefined) return undefined;
  const [here, there] = await Promise.all([stat(path), stat(join(other!.folder, name)).catch(() => undefined)]);
  return there !== undefined && here.ino !== 0 && here.ino === there.ino && here.dev === there.dev ? known : undefined;
}
