/**
 * `meta/episode_starts.json`: how the simulated episodes of a dataset began, so that their actions can be repeated from
 * where they were recorded. An array with an entry per episode; null where it is not known. LeRobot's readers, which
 * do not know the file, leave it alone; datasets without it are as valid as with it.
 */

import { access } from "node:fs/promises";
import { readTextFile } from "../../utils/files/text_file.ts";
import { DatasetError } from "../errors.ts";
import { locateFile } from "../reading/locate_file.ts";
import { EPISODE_STARTS_PATH } from "./paths.ts";

/** How to bring a simulation where an episode began: a reset with this seed, then this many without any. */
export interface SeededStart {
  /** Seed that the environment's `reset` was given last: a non-negative integer. */
  readonly seed: number;
  /** Resets without a seed after that one; 0 where the episode itself was seeded. */
  readonly resets: number;
}

/** By episode; null, or nothing at all, where it is not known. */
export type EpisodeStarts = readonly (SeededStart | null)[];

/** More resets than this are no way to begin an episode again. */
const MAX_RESETS = 100_000;
/** Text per episode that is read; what is written takes 50 at most. */
const MAX_BYTES_PER_EPISODE = 256;
const ADVICE = "only `handrail replay` needs the file: without it the dataset is valid";

/**
 * @param episodes How many episodes the dataset has.
 * @returns undefined for a dataset without the file; fewer entries than episodes where somebody else added the others.
 * @throws DatasetError when the file is not such a list, or is about other episodes.
 */
export async function readEpisodeStarts(root: string, episodes: number): Promise<EpisodeStarts | undefined> {
  const path = await locateFile(root, EPISODE_STARTS_PATH);
  if (!(await exists(path))) return undefined;
  try {
    const text = await readTextFile(path, MAX_BYTES_PER_EPISODE * (1 + episodes));
    return parseEpisodeStarts(text, episodes);
  } catch (cause) {
    throw new DatasetError({ file: EPISODE_STARTS_PATH }, `${(cause as Error).message}; ${ADVICE}`, { cause });
  }
}

function parseEpisodeStarts(text: string, episodes: number): EpisodeStarts {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error("is not JSON", { cause });
  }
  if (!Array.isArray(json)) throw new Error("is not a list with an entry per episode");
  if (json.length > episodes) {
    throw new Error(`says how ${json.length} episodes began, but there are ${episodes}: it belongs to others`);
  }
  return json.map((entry: unknown, episode) => {
    if (entry === null) return null;
    const { seed, resets } = entry as Record<string, unknown>;
    const problem = describeProblem(seed, resets);
    if (problem !== undefined) throw new Error(`episode ${episode}: ${problem}`);
    return { seed, resets } as SeededStart;
  });
}

function describeProblem(seed: unknown, resets: unknown): string | undefined {
  if (!isCount(seed)) return '"seed" must be an integer from 0 on';
  if (!isCount(resets)) return '"resets" must be an integer from 0 on';
  return resets > MAX_RESETS ? `"resets" is ${resets}, more than ${MAX_RESETS}` : undefined;
}

/** @throws RangeError for what could not be read again. */
export function assertEpisodeStart({ seed, resets }: SeededStart): void {
  const problem = describeProblem(seed, resets);
  if (problem !== undefined) throw new RangeError(`how an episode began: ${problem}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** One line per episode. */
export const serialiseEpisodeStarts = (starts: EpisodeStarts): string =>
  `[\n${starts.map((start) => JSON.stringify(start)).join(",\n")}\n]\n`;

/**
 * The list with one more episode; undefined, so that no file is written, where nothing is known of any.
 *
 * @param episode The new episode's index.
 */
export function withEpisodeStart(
  starts: EpisodeStarts | undefined,
  episode: number,
  start: SeededStart | undefined,
): EpisodeStarts | undefined {
  if (starts === undefined && start === undefined) return undefined;
  const earlier = Array.from({ length: episode }, (_, index) => starts?.[index] ?? null);
  return [...earlier, start ?? null];
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
