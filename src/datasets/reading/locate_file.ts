/**
 * Where a file of a dataset is to be read. Everything that reads asks here, because a dataset may come from anybody:
 * its paths stay inside it, and reading it changes nothing.
 */
import { readablePath, UnsafePathError } from "../../utils/files/confined_path.ts";
import { isLfsPointerFile, LFS_POINTER_PROBLEM } from "../../utils/hub/lfs_pointer.ts";
import { DatasetError } from "../errors.ts";
import { decidedPath } from "../writing/commit.ts";

/**
 * @param path Relative to the root, with forward slashes.
 * @returns The file; it need not exist. Where saving was interrupted after it was decided, it is the content that was
 * about to be moved into place: whoever reads finds the episode, whole.
 * @throws DatasetError when the path leads out of the dataset, or the file is a Git LFS pointer.
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
