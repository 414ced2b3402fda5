/** Times several things in turn: the speed of a machine drifts within minutes, and a comparison should not. */
import { type Timing, timingOf } from "../measure.ts";

const ROUNDS = 6;

/** Runs for some milliseconds and returns the time of each call. */
export type Block = (ms: number) => Promise<readonly number[]>;

/** Gives each block `seconds` in all. */
export async function alternate(blocks: readonly Block[], seconds: number): Promise<Timing[]> {
  const times = blocks.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, block] of blocks.entries()) {
      for (const time of await block((seconds * 1000) / ROUNDS)) times[i]!.push(time);
    }
  }
  return times.map(timingOf);
}
