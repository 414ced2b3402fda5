/** Measures time limits on a busy machine. */

const TICK_MS = 5;

/**
 * Counts the time in which this process was running: a late tick counts as two ticks at most. On an idle machine this is
 * wall-clock time.
 */
export class Stopwatch {
  #elapsedMs = 0;
  #lastMs = performance.now();
  readonly #ticking = setInterval(() => this.#tick(), TICK_MS);

  /** Stops it. @returns milliseconds since construction. */
  stop(): number {
    clearInterval(this.#ticking);
    this.#tick();
    return this.#elapsedMs;
  }

  #tick(): void {
    const now = performance.now();
    this.#elapsedMs += Math.min(now - this.#lastMs, 2 * TICK_MS);
    this.#lastMs = now;
  }
}
