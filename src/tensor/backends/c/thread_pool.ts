/** Pools of threads: one per number of threads, shared by this thread's sessions, whichever library made it. */
import type { Library } from "./library.ts";

/** Of one session. */
export interface PoolLease {
  /** The pool's address; 0 for one thread, which needs none. */
  readonly address: number;
  /** The last one ends the pool's threads. */
  release(): void;
}

interface SharedPool {
  readonly address: number;
  /** Made the pool, and must end it. */
  readonly library: Library;
  users: number;
}

/** By number of threads. */
const pools = new Map<number, SharedPool>();

/** @param threads including the one that calls. */
export function leasePool(library: Library, threads: number): PoolLease {
  if (threads <= 1) return { address: 0, release() {} };
  const pool = pools.get(threads) ?? { address: library.createPool(threads), library, users: 0 };
  pools.set(threads, pool);
  pool.users += 1;
  return {
    address: pool.address,
    release() {
      pool.users -= 1;
      if (pool.users > 0) return;
      pools.delete(threads);
      pool.library.releasePool(pool.address);
    },
  };
}
