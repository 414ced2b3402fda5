/** A curve with bounded memory: when it is full, neighbouring points are merged into their mean. */

/** More points than a chart has pixels. */
const CAPACITY = 1024;

export class BoundedSeries {
  readonly #capacity: number;
  readonly x: number[] = [];
  readonly y: number[] = [];
  /** Values per point. */
  #stride = 1;
  #pending = { x: 0, sum: 0, count: 0 };

  constructor(capacity: number = CAPACITY) {
    this.#capacity = capacity;
  }

  /** Ignores non-finite values. */
  add(x: number, y: number): void {
    if (!Number.isFinite(y)) return;
    const pending = this.#pending;
    pending.x = x;
    pending.sum += y;
    pending.count++;
    if (pending.count < this.#stride) return;
    this.x.push(x);
    this.y.push(pending.sum / pending.count);
    this.#pending = { x: 0, sum: 0, count: 0 };
    if (this.x.length >= this.#capacity) this.#halve();
  }

  get last(): number | undefined {
    return this.#pending.count > 0 ? this.#pending.sum / this.#pending.count : this.y.at(-1);
  }

  /** Removes the points after a step, which a resumed run repeats. */
  forgetAfter(x: number): void {
    while (this.x.length > 0 && this.x.at(-1)! > x) {
      this.x.pop();
      this.y.pop();
    }
    this.#pending = { x: 0, sum: 0, count: 0 };
  }

  #halve(): void {
    const half = Math.floor(this.x.length / 2);
    for (let i = 0; i < half; i++) {
      this.x[i] = this.x[2 * i + 1]!;
      this.y[i] = (this.y[2 * i]! + this.y[2 * i + 1]!) / 2;
    }
    this.x.length = half;
    this.y.length = half;
    this.#stride *= 2;
  }
}
