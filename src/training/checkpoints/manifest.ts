/**
 * `checkpoint.json`: what a checkpoint consists of, with the size and SHA-256 of every file. It is written last, so a
 * folder without it is not a checkpoint, and read first, so damage is found before anything is restored.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { z } from "zod";
import { syncFolder, writeFileAtomic } from "../../utils/write_file_atomic.ts";
import { CheckpointError, PRETRAINED_MODEL } from "./layout.ts";

export const MANIFEST_FILE = "checkpoint.json";

const count = z.int().min(0);
const manifestSchema = z.strictObject({
  format: z.literal("handrail-checkpoint"),
  version: z.literal(1),
  sequence: z.int().min(1),
  step: count,
  /** Updates the algorithm has made: its own counter. */
  optimization_step: count,
  score: z.number().nullable(),
  /** Names of the folders in `replay/`. */
  buffers: z.array(z.string().regex(/^[a-z][a-z0-9_]*$/)),
  /** By path relative to the checkpoint, with slashes. */
  files: z.record(z.string(), z.strictObject({ bytes: count, sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
});

export type Manifest = z.infer<typeof manifestSchema>;

/** A checkpoint on disk: hashes of files shared with it need not be computed again. */
export interface ManifestAt {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** Flushes the folders, lists what is in them, and writes the manifest. */
export async function writeManifest(
  folder: string,
  values: Omit<Manifest, "format" | "version" | "files">,
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
  const manifest: Manifest = { format: "handrail-checkpoint", version: 1, ...values, files };
  await write(folder, manifest);
  return manifest;
}

/** Writes the manifest again with another score. @throws CheckpointError when there is none. */
export async function writeScore(folder: string, score: number): Promise<void> {
  await write(folder, { ...(await readManifest(folder)), score });
}

async function write(folder: string, manifest: Manifest): Promise<void> {
  await writeFileAtomic(join(folder, MANIFEST_FILE), `${JSON.stringify(manifest, undefined, 2)}\n`);
}

/** @throws CheckpointError when there is none, or it cannot be read. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, MANIFEST_FILE);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const message =
      `${path} is missing: this is not a checkpoint that training can go on from. Its weights alone, if it has any, ` +
      `load with GaussianActorPolicy.fromPretrained("${join(folder, PRETRAINED_MODEL)}")`;
    throw new CheckpointError(message, { cause });
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CheckpointError(`${path} is damaged: ${(cause as Error).message}`, { cause });
  }
}

/** Every file that is not as the manifest says, with what is wrong. */
export async function findDamage(folder: string, manifest: Manifest): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, { bytes, sha256 }] of Object.entries(manifest.files)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) problems.push(`${path} is missing`);
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
