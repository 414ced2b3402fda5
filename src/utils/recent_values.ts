/** The latest values of a measurement and their quantiles, in bounded memory. */

export class RecentValues {
  readonly #ring: Float64Array;
  #added = 0;

  /** @param limit Number of values to keep; the oldest are dropped. */
  constructor(limit: number) {
    this.#ring = new Float64Array(limit);
  }

  add(value: number): void {
    this.#ring[this.#added++ % this.#ring.length] = value;
  }

  clear(): void {
    this.#added = 0;
  }

  /** For each share in [0, 1], the smallest kept value that this share of the values does not exceed; 0 without values. */
  quantiles(...shares: readonly number[]): number[] {
    const size = Math.min(this.#added, this.#ring.length);
    const sorted = this.#ring.slice(0, size).sort();
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * size) - 1)] ?? 0);
  }
}
