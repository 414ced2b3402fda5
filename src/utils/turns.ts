/** Runs asynchronous actions one after another, in the order of the calls. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `action` once all earlier ones have settled. @throws what it throws; later ones run nonetheless. */
  take<Result>(action: () => Promise<Result> | Result): Promise<Result> {
    const turn = this.#last.then(action);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Resolves once all actions so far have settled. */
  get settled(): Promise<unknown> {
    return this.#last;
  }
}
