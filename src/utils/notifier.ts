/** Lets asynchronous loops sleep until something changes, with a deadline on every sleep. */

/** A wait took longer than its deadline. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
}

export interface WaitOptions {
  /** Name of the awaited thing, as in "waited 2 s for …". */
  readonly what: string;
  /** Seconds until the wait fails. Default: no deadline. */
  readonly deadlineS?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export class Notifier {
  readonly #waiters = new Set<() => void>();

  /** Wakes all current waiters. */
  notify(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }

  /**
   * Resolves with the first value of `condition` that is not undefined; asks now and after every `notify`.
   *
   * @throws DeadlineError after `deadlineS`; the signal's reason when it aborts; whatever `condition` throws.
   */
  async until<T>(condition: () => T | undefined, options: WaitOptions): Promise<T> {
    const { what, deadlineS, signal } = options;
    const deadline = deadlineS === undefined ? undefined : performance.now() + deadlineS * 1000;
    while (true) {
      signal?.throwIfAborted();
      const value = condition();
      if (value !== undefined) return value;
      const remainingMs = deadline === undefined ? undefined : deadline - performance.now();
      if (remainingMs !== undefined && remainingMs <= 0) {
        throw new DeadlineError(`waited ${deadlineS} s for ${what}`);
      }
      await this.#sleep(remainingMs, signal);
    }
  }

  #sleep(timeoutMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const wake = () => {
        this.#waiters.delete(wake);
        clearTimeout(timer);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiters.add(wake);
      // Rounding up keeps the wake-up from landing just before the deadline and spinning.
      if (timeoutMs !== undefined) timer = setTimeout(wake, Math.ceil(timeoutMs));
      signal?.addEventListener("abort", wake, { once: true });
    });
  }
}
