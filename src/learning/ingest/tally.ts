/** Counts events that may come by the thousand, so that they are reported now and then, as a number. */
export class Tally {
  readonly #what: string;
  #count = 0;
  #reported = 0;
  #last = "";

  /** @param what completes a sentence that begins with the number, as in "reports were refused so far". */
  constructor(what: string) {
    this.#what = what;
  }

  get count(): number {
    return this.#count;
  }

  /** @param last describes the newest of them. */
  add(count: number, last: string): void {
    if (count === 0) return;
    this.#count += count;
    this.#last = last;
  }

  /** A sentence about all of them; undefined if nothing is new since the last call. */
  news(): string | undefined {
    if (this.#count === this.#reported) return undefined;
    this.#reported = this.#count;
    return `${this.#count} ${this.#what}; the last: ${this.#last}`;
  }
}
