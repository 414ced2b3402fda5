/**
 * Goes on from a checkpoint, or begins where there is none, saves once, and is killed in the middle of the n-th change of the file system. The changes are
 * seen from outside: Node's file functions are wrapped before anything of the product is imported.
 *
 *   checkpoint_writer.ts <checkpoints> <step> <n>      n = 0: never; prints the changes, one per line
 */
import { writeSync } from "node:fs";
import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename, join } from "node:path";

const [folder, step, killAt] = process.argv.slice(-3) as [string, string, string];
let changes = 0;

/** Reports a change; when it is its turn, does half of it and dies. */
async function change(what: string, path: unknown, half: () => Promise<unknown>): Promise<void> {
  if (!armed) return;
  changes += 1;
  if (killAt === "0") writeSync(1, `${what} ${basename(String(path))}\n`);
  if (changes !== Number(killAt)) return;
  await half();
  process.kill(process.pid, "SIGKILL");
}

let armed = false;
const { link, mkdir, open, rename, rm, symlink, readdir } = fs;
const nothing = async () => {};

/** Deletes a folder's first file only, as a deletion does that is cut off. */
async function deleteSome(path: string): Promise<void> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  const first = entries.find((entry) => !entry.isDirectory());
  if (first !== undefined) await rm(join(first.parentPath, first.name));
}

Object.assign(fs, {
  async link(...args: Parameters<typeof link>) {
    await change("link", args[1], nothing);
    return await link(...args);
  },
  async mkdir(...args: Parameters<typeof mkdir>) {
    await change("mkdir", args[0], nothing);
    return await mkdir(...args);
  },
  async rename(...args: Parameters<typeof rename>) {
    await change("rename", args[1], nothing);
    return await rename(...args);
  },
  async symlink(...args: Parameters<typeof symlink>) {
    await change("symlink", args[1], nothing);
    return await symlink(...args);
  },
  async rm(...args: Parameters<typeof rm>) {
    await change("rm", args[0], () => deleteSome(String(args[0])));
    return await rm(...args);
  },
  async open(...args: Parameters<typeof open>) {
    const writes = args[1] !== undefined && args[1] !== "r";
    const handle = await open(...args);
    if (!writes) return handle;
    const write = handle.writeFile.bind(handle);
    let begun = false;
    handle.writeFile = async (data: string | Uint8Array) => {
      const bytes = Buffer.from(data as Uint8Array);
      if (!begun) await change("write", args[0], () => write(bytes.subarray(0, bytes.length / 2)));
      begun = true;
      await write(bytes);
    };
    return handle;
  },
});
syncBuiltinESMExports();

const { CheckpointStore } = await import("../../../src/learning/checkpoints/checkpoint_store.ts");
const { addTransitions, smallRun } = await import("../small_run.ts");
const store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 1 });
const isBegun = (await store.latest()) !== undefined;
const run = isBegun ? await store.load(undefined, { policy: { threads: 1 }, algorithm: { threads: 1 } }) : smallRun();
addTransitions(run.buffers.online!, 40, 10);
armed = true;
await store.save({ ...run, step: Number(step), interactionStep: 50 });
