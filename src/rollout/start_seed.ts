/** Seeds of recorded episodes, and of an actor that continues where another process stopped. */
import { crc32 } from "node:zlib";

/**
 * The generator's state is not saved with the run, so a resuming process would repeat the first episodes of the process
 * before it. Its seed therefore depends on how much of the run is done.
 *
 * @param behind Transitions or episodes of earlier processes; with 0 the seed stays as it is.
 */
export function startSeed(seed: number, behind: number): number {
  return behind === 0 ? seed : crc32(`${seed} after ${behind}`);
}

/**
 * The seed of each episode of a recording: each can be repeated without the ones before it.
 *
 * @param seed The recording's, and its first episode's.
 * @param attempt Episodes begun before it, kept or not.
 */
export function episodeSeed(seed: number, attempt: number): number {
  return attempt === 0 ? seed : crc32(`episode ${attempt} of ${seed}`);
}

/** Of the attempts of a recording, one in so many is kept at least: see `recordDemonstrations`. */
const ATTEMPTS_PER_EPISODE = 50;

/**
 * How many attempts a recording of this seed has behind it: it continues after the last one that a dataset holds, as if it had
 * never stopped.
 *
 * @param starts Seeds that the dataset's episodes began with, of whatever recordings.
 */
export function attemptsBehind(seed: number, starts: readonly number[]): number {
  const recorded = new Set(starts);
  let behind = 0;
  for (let attempt = 0; attempt < ATTEMPTS_PER_EPISODE * (starts.length + 1); attempt++) {
    if (recorded.has(episodeSeed(seed, attempt))) behind = attempt + 1;
  }
  return behind;
}
