/** Measures promises about time on machines that others use, too. */

const TICK_MS = 5;

/**
 * Time in which this process could have acted: a tick that comes late, because others had the processor, counts as two
 * at most. On an idle machine that is the time on the wall.
 */
export class Stopwatch {
  #elapsedMs = 0;
  #lastMs = performance.now();
  readonly #ticking = setInterval(() => this.#tick(), TICK_MS);

  /** Milliseconds since it was made; stops it. */
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
