/**
 * Far more than anything here takes, on a machine that is busy with other things, too. A test fails after this long
 * only when what it waits for never comes; how fast things are is for `bench/` to judge.
 */
export const PATIENCE_S = 120;

/** The same for `expect.poll` and `vi.waitFor`, which otherwise give up after a second. */
export const PATIENT = { timeout: 1000 * PATIENCE_S, interval: 20 };

/** Waits until `condition` holds. @throws Error naming `what` after `PATIENCE_S`. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 1000 * PATIENCE_S;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited ${PATIENCE_S} s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
