/** How fast environment steps pass, over the last minute of the run's own time: for saying when it will be over. */

const WINDOW_S = 60;
/** Less says nothing yet. */
const ENOUGH_S = 5;

export class Pace {
  #seen: { readonly timeS: number; readonly step: number }[] = [];

  /** @param timeS in which the run went on. @param step environment steps so far. */
  add(timeS: number, step: number): void {
    const last = this.#seen.at(-1);
    if (last !== undefined && (timeS < last.timeS || step < last.step)) this.#seen = [];
    if (last !== undefined && timeS - last.timeS < 1) return;
    this.#seen = [...this.#seen.filter((one) => timeS - one.timeS <= WINDOW_S), { timeS, step }];
  }

  /** Seconds until so many more steps are done; undefined while nobody can know. */
  secondsFor(steps: number): number | undefined {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (first === undefined || last === undefined || last.timeS - first.timeS < ENOUGH_S) return undefined;
    const rate = (last.step - first.step) / (last.timeS - first.timeS);
    return rate > 0 ? steps / rate : undefined;
  }
}
