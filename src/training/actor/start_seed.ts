/** Seeds of a process that goes on where another has stopped: an actor, a recording. */
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
