/** Counts what may come by the thousand, so that it is told of once in a while and by number. */
export class Tally {
  readonly #what: string;
  #count = 0;
  #told = 0;
  #last = "";

  /** @param what goes on with a sentence that begins with the number, as in "reports were refused so far". */
  constructor(what: string) {
    this.#what = what;
  }

  get count(): number {
    return this.#count;
  }

  /** @param last what to say of the newest of them. */
  add(count: number, last: string): void {
    if (count === 0) return;
    this.#count += count;
    this.#last = last;
  }

  /** A sentence about everything so far, unless it has been told already. */
  news(): string | undefined {
    if (this.#count === this.#told) return undefined;
    this.#told = this.#count;
    return `${this.#count} ${this.#what}; the last: ${this.#last}`;
  }
}
