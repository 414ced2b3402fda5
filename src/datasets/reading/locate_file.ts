/**
 * Locates a file of a dataset for reading. All readers use this function, because datasets are untrusted: their paths stay
 * inside, and reading changes nothing.
 */
import { readablePath, UnsafePathError } from "../../utils/files/confined_path.ts";
import { isLfsPointerFile, LFS_POINTER_PROBLEM } from "../../utils/hub/lfs_pointer.ts";
import { DatasetError } from "../errors.ts";
import { decidedPath } from "../writing/commit.ts";

/**
 * @param path Relative to the root, with forward slashes.
 * @returns the file; it need not exist. If a decided save was interrupted, it is the content that was about to be moved
 *   into place, so that the reader finds the complete episode.
 * @throws DatasetError if the path leads out of the dataset, or the file is a Git LFS pointer.
 */
export async function locateFile(root: string, path: string): Promise<string> {
  try {
    const found = await readablePath(root, await decidedPath(root, path));
    if (await isLfsPointerFile(found)) throw new DatasetError({ file: path }, LFS_POINTER_PROBLEM);
    return found;
  } catch (cause) {
    if (cause instanceof UnsafePathError) throw new DatasetError({ file: path }, cause.message, { cause });
    throw cause;
  }
}
