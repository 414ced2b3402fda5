/** Seeds of recorded episodes, and of an actor that continues where another process stopped. */
import { crc32 } from "node:zlib";

/**
 * The generator's state is not saved with the run, so a resuming process would repeat the first episodes of the process
 * before it. Its seed therefore depends on the run's progress.
 *
 * @param behind Transitions or episodes of earlier processes; with 0 the seed stays as it is.
 */
export function startSeed(seed: number, behind: number): number {
  return behind === 0 ? seed : crc32(`${seed} after ${behind}`);
}

/**
 * The seed of an episode of a recording. Each episode can be repeated without the earlier ones.
 *
 * @param seed The recording's, and its first episode's.
 * @param attempt Episodes begun before it, kept or not.
 */
export function episodeSeed(seed: number, attempt: number): number {
  return attempt === 0 ? seed : crc32(`episode ${attempt} of ${seed}`);
}

/** A recording keeps at least one of this many attempts in a row (see `recordDemonstrations`). */
const ATTEMPTS_PER_EPISODE = 50;

/**
 * Number of attempts that a recording with this seed has already made. It continues after the last one in the dataset, as if
 * it had never stopped.
 *
 * @param starts Start seeds of the dataset's episodes, from any recordings.
 */
export function attemptsBehind(seed: number, starts: readonly number[]): number {
  const recorded = new Set(starts);
  let behind = 0;
  for (let attempt = 0; attempt < ATTEMPTS_PER_EPISODE * (starts.length + 1); attempt++) {
    if (recorded.has(episodeSeed(seed, attempt))) behind = attempt + 1;
  }
  return behind;
}
