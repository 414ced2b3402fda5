/** Estimates the remaining time from the environment steps of the last minute of active time. */

const WINDOW_S = 60;
/** Shortest window for an estimate. */
const ENOUGH_S = 5;

export class Pace {
  #seen: { readonly timeS: number; readonly step: number }[] = [];

  /** @param timeS active seconds of the run. @param step environment steps so far. */
  add(timeS: number, step: number): void {
    const last = this.#seen.at(-1);
    if (last !== undefined && (timeS < last.timeS || step < last.step)) this.#seen = [];
    if (last !== undefined && timeS - last.timeS < 1) return;
    this.#seen = [...this.#seen.filter((one) => timeS - one.timeS <= WINDOW_S), { timeS, step }];
  }

  /** Seconds for this many further steps; undefined without an estimate. */
  secondsFor(steps: number): number | undefined {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (first === undefined || last === undefined || last.timeS - first.timeS < ENOUGH_S) return undefined;
    const rate = (last.step - first.step) / (last.timeS - first.timeS);
    return rate > 0 ? steps / rate : undefined;
  }
}
