/** A rate limit: allows bursts, and a fixed rate over time. */

export interface Rate {
  /** Largest burst. */
  readonly burst: number;
  readonly perSecond: number;
}

export class TokenBucket {
  readonly #rate: Rate;
  readonly #now: () => number;
  #left: number;
  #filledMs: number;

  /** @param now milliseconds on any clock. */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
    this.#left = rate.burst;
    this.#filledMs = now();
  }

  /** @returns whether a token was available. */
  tryTake(): boolean {
    this.#fill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** Takes tokens in advance: `waitS` then gives the time until the debt is paid. */
  takeAhead(count: number): void {
    this.#fill();
    this.#left -= count;
  }

  /** Seconds until a token is available; 0 now. */
  get waitS(): number {
    this.#fill();
    return Math.max(0, -this.#left / this.#rate.perSecond);
  }

  #fill(): void {
    const now = this.#now();
    this.#left = Math.min(this.#rate.burst, this.#left + ((now - this.#filledMs) / 1000) * this.#rate.perSecond);
    this.#filledMs = now;
  }
}

/** A bucket per key. The least recently used keys are dropped beyond a limit. */
export class TokenBuckets {
  readonly #rate: Rate;
  readonly #maximum: number;
  readonly #now: (() => number) | undefined;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, maximum: number, now?: () => number) {
    this.#rate = rate;
    this.#maximum = maximum;
    this.#now = now;
  }

  of(key: string): TokenBucket {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, this.#now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > this.#maximum) this.#buckets.delete(this.#buckets.keys().next().value!);
    return bucket;
  }
}
