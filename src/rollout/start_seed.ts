/** Seeds of recorded episodes, and of a process that goes on where another has stopped: an actor, a recording. */
import { crc32 } from "node:zlib";

/**
 * Where the generator's state is not saved with the run, a process that goes on would begin with the episodes that the one
 * before it began with. Its seed therefore depends on how much of the run is behind it.
 *
 * @param behind Transitions or episodes of the processes before this one; with none the seed stays as it is.
 */
export function startSeed(seed: number, behind: number): number {
  return behind === 0 ? seed : crc32(`${seed} after ${behind}`);
}

/**
 * The seed of each episode of a recording: every one begins by itself, so that it can be repeated without those before it.
 *
 * @param seed The recording's, and its first episode's.
 * @param attempt Episodes that were begun before it, kept or not.
 */
export function episodeSeed(seed: number, attempt: number): number {
  return attempt === 0 ? seed : crc32(`episode ${attempt} of ${seed}`);
}
