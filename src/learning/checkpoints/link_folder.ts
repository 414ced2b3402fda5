/** A folder's files under a second name, without copying where the file system has hard links. */
import { copyFile, link, mkdir, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { syncFolder } from "../../utils/files/write_file_atomic.ts";

/** @param to Must not exist. Its parent is not flushed. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkFolder(source, target);
    else await link(source, target).catch(() => copyToDisk(source, target));
  }
  await syncFolder(to);
}

async function copyToDisk(source: string, target: string): Promise<void> {
  await copyFile(source, target);
  const file = await open(target, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
