/**
 * `meta/success_labels.json`: which frames of an episode show success, as a person or a classifier has judged it afterwards.
 * The recorded rewards stay as they are, so that labels can be removed again. LeRobot's readers ignore the file; a dataset is
 * valid without it.
 */
import { access, rm } from "node:fs/promises";
import { writablePath } from "../../utils/files/confined_path.ts";
import { readTextFile } from "../../utils/files/text_file.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { DatasetError } from "../errors.ts";
import { locateFile } from "../reading/locate_file.ts";
import { WriterLock } from "../writing/writer_lock.ts";
import { SUCCESS_LABELS_PATH } from "./paths.ts";

/** Frames [from, to) of an episode. */
export type FrameRange = readonly [from: number, to: number];

export interface EpisodeLabels {
  /** Frames that show success: ascending, apart from each other. Empty for an episode without success. */
  readonly success: readonly FrameRange[];
  /** Who judged, such as "classifier". */
  readonly by: string;
}

/** By episode. One without an entry keeps what was recorded. */
export type SuccessLabels = ReadonlyMap<number, EpisodeLabels>;

const MAX_BYTES = 32 * 2 ** 20;

/**
 * @param lengths Frames of each episode of the dataset.
 * @returns No entries without the file.
 * @throws DatasetError if the file holds something else, or belongs to other episodes.
 */
export async function readSuccessLabels(root: string, lengths: readonly number[]): Promise<SuccessLabels> {
  const path = await locateFile(root, SUCCESS_LABELS_PATH);
  if (!(await exists(path))) return new Map();
  try {
    const json = JSON.parse(await readTextFile(path, MAX_BYTES)) as unknown;
    if (typeof json !== "object" || json === null || Array.isArray(json)) throw new Error("is not an object");
    return new Map(
      Object.entries(json).map(([key, value]) => {
        const episode = Number(key);
        const labels = value as EpisodeLabels;
        assertLabels(episode, labels, lengths);
        return [episode, { success: labels.success, by: labels.by }] as const;
      }),
    );
  } catch (cause) {
    const advice = "without the file the dataset is valid, and has the labels that were recorded";
    throw new DatasetError({ file: SUCCESS_LABELS_PATH }, `${(cause as Error).message}; ${advice}`, { cause });
  }
}

/**
 * Labels episodes, or with null returns them to what was recorded. One file is replaced atomically: after a crash either all
 * of these labels are there or none.
 *
 * @throws RangeError for episodes or frames that do not exist; LockedError while the dataset is recorded or labelled by
 *   another process; DatasetError for an existing file that cannot be read.
 */
export async function writeSuccessLabels(
  root: string,
  lengths: readonly number[],
  changes: ReadonlyMap<number, EpisodeLabels | null>,
): Promise<void> {
  for (const [episode, labels] of changes) assertLabels(episode, labels ?? { success: [], by: "" }, lengths);
  const lock = await WriterLock.acquire(root);
  try {
    const labels = new Map<number, EpisodeLabels>(await readSuccessLabels(root, lengths));
    for (const [episode, change] of changes) {
      if (change === null) labels.delete(episode);
      else labels.set(episode, change);
    }
    const path = await writablePath(root, SUCCESS_LABELS_PATH);
    if (labels.size === 0) {
      await rm(path, { force: true });
      return;
    }
    const lines = [...labels]
      .sort(([a], [b]) => a - b)
      .map(([episode, each]) => `"${episode}": ${JSON.stringify(each)}`);
    await writeFileAtomic(path, `{\n${lines.join(",\n")}\n}\n`);
  } finally {
    lock.release();
  }
}

/** Whether each frame of an episode shows success. */
export function labelledFrames({ success }: EpisodeLabels, length: number): boolean[] {
  const frames = new Array<boolean>(length).fill(false);
  for (const [from, to] of success) frames.fill(true, from, to);
  return frames;
}

/** The inverse of {@link labelledFrames}. */
export function rangesOf(frames: readonly boolean[]): FrameRange[] {
  const ranges: FrameRange[] = [];
  for (let from = frames.indexOf(true); from !== -1; ) {
    const end = frames.indexOf(false, from);
    const to = end === -1 ? frames.length : end;
    ranges.push([from, to]);
    from = frames.indexOf(true, to);
  }
  return ranges;
}

function assertLabels(episode: number, { success, by }: EpisodeLabels, lengths: readonly number[]): void {
  const length = lengths[episode];
  if (length === undefined)
    throw new RangeError(`episode ${episode} does not exist: the dataset has ${lengths.length}`);
  if (typeof by !== "string" || !Array.isArray(success)) {
    throw new RangeError(`episode ${episode}: labels have "success", a list of [from, to], and "by", a text`);
  }
  let before = 0;
  for (const range of success as readonly unknown[]) {
    const [from, to] = Array.isArray(range) ? (range as unknown[]) : [];
    const fits = Number.isInteger(from) && Number.isInteger(to) && before <= (from as number);
    if (!fits || (from as number) >= (to as number) || (to as number) > length) {
      const shown = JSON.stringify(range)?.slice(0, 100);
      throw new RangeError(
        `episode ${episode}: ${shown} is no range [from, to) of its ${length} frames after ${before}`,
      );
    }
    before = to as number;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
