/** How many threads a backend takes if its caller leaves that open. */
import { availableParallelism } from "node:os";

/** Containers and shared machines limit numeric libraries to a number of processors with this variable. */
export function threadsByEnvironment(): number | undefined {
  const threads = Number(process.env.OMP_NUM_THREADS);
  return Number.isSafeInteger(threads) && threads > 0 ? threads : undefined;
}

/** A training step of usual size gains little from more. */
const MOST_THREADS = 8;

/** For a backend whose threads do not wait for one that has no processor: all processors, within reason. */
export function defaultThreads(): number {
  return threadsByEnvironment() ?? Math.min(availableParallelism(), MOST_THREADS);
}
