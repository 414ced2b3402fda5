/**
 * `meta/episode_starts.json`: starts of the simulated episodes of a dataset, so that their actions can be replayed from the
 * recorded state. An array with an entry per episode, null if unknown. LeRobot's readers ignore the file; a dataset is
 * valid without it.
 */

import { access } from "node:fs/promises";
import { readTextFile } from "../../utils/files/text_file.ts";
import { DatasetError } from "../errors.ts";
import { locateFile } from "../reading/locate_file.ts";
import { EPISODE_STARTS_PATH } from "./paths.ts";

/** How to restore the start of an episode: a reset with this seed, then a number of resets without one. */
export interface SeededStart {
  /** Last seed passed to the environment's `reset`: a non-negative integer. */
  readonly seed: number;
  /** Resets without a seed after that one; 0 if the episode itself was seeded. */
  readonly resets: number;
}

/** By episode; null or absent if unknown. */
export type EpisodeStarts = readonly (SeededStart | null)[];

/** Limit of resets. */
const MAX_RESETS = 100_000;
/** Bytes read per episode; at most 50 are written. */
const MAX_BYTES_PER_EPISODE = 256;
const ADVICE = "only `handrail replay` needs the file: without it the dataset is valid";

/**
 * @param episodes Number of episodes in the dataset.
 * @returns undefined without the file; fewer entries than episodes if another program added episodes.
 * @throws DatasetError if the file is not such a list, or belongs to other episodes.
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
    throw new Error(
      `has the starts of ${json.length} episodes, but the dataset has ${episodes}: the file belongs to another dataset`,
    );
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

/** @throws RangeError for a start that could not be read back. */
export function assertEpisodeStart({ seed, resets }: SeededStart): void {
  const problem = describeProblem(seed, resets);
  if (problem !== undefined) throw new RangeError(`the start of an episode: ${problem}`);
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** One line per episode. */
export const serialiseEpisodeStarts = (starts: EpisodeStarts): string =>
  `[\n${starts.map((start) => JSON.stringify(start)).join(",\n")}\n]\n`;

/**
 * The list with one more episode; undefined, so that no file is written, if no start is known.
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
