/**
 * Seeded random numbers that are the same on every platform: xoshiro128** for the bits and, for normals, an inverse
 * distribution function built only from IEEE-754 `+ - * / sqrt` (`Math.log` is not specified to the last bit).
 * One normal consumes exactly one uniform, so a stream's position never depends on the values drawn.
 */
import { normalQuantile } from "./normal_quantile.ts";

/** The complete state of a generator: four 32-bit words. Plain data, safe to put in JSON. */
export type RandomState = readonly [number, number, number, number];

export class Random {
  // Kept as signed 32-bit integers: V8 stores those unboxed, which makes a draw several times faster.
  #a = 0;
  #b = 0;
  #c = 0;
  #d = 0;

  /** @param seed Any safe integer; equal seeds give equal streams, different seeds different states. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be a safe integer, got ${seed}`);
    // A splitmix generator fills the state, as the authors of xoshiro recommend. Its mixing is one-to-one, so the first
    // word identifies the low half of the seed and the third the high half: no two seeds share a state.
    let word = seed >>> 0;
    const next = () => {
      word = (word + 0x9e3779b9) >>> 0;
      let z = word;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    };
    const a = next();
    const b = next();
    word = (word ^ Math.floor(seed / 2 ** 32)) >>> 0;
    this.state = [a, b, next(), next()];
  }

  static fromState(state: RandomState): Random {
    const random = new Random(0);
    random.state = state;
    return random;
  }

  get state(): RandomState {
    return [this.#a >>> 0, this.#b >>> 0, this.#c >>> 0, this.#d >>> 0];
  }

  set state(state: RandomState) {
    const valid = state.length === 4 && state.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32);
    if (!valid || state.every((word) => word === 0)) {
      throw new RangeError(`a random state is four 32-bit words, not all zero; got [${state.join(", ")}]`);
    }
    [this.#a, this.#b, this.#c, this.#d] = state.map((word) => word | 0) as [number, number, number, number];
  }

  /** An independent generator, seeded by this one's next two words. */
  fork(): Random {
    return new Random(this.uint32() * 2 ** 21 + (this.uint32() >>> 11));
  }

  /** An integer in [0, 2³²). xoshiro128** 1.1, Blackman & Vigna 2018. */
  uint32(): number {
    const product = Math.imul(this.#b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** A number in [low, high) with 53 random bits; `low` when both are equal. @throws RangeError unless low ≤ high. */
  uniform(low = 0, high = 1): number {
    const width = high - low;
    if (!(width >= 0 && width < Infinity)) {
      throw new RangeError(`uniform(low, high) needs finite low ≤ high, got ${low} and ${high}`);
    }
    const value = low + width * (this.#word53(0) * 2 ** -53);
    // Half a rounding step is missing above `low`, and rounding puts it on `high`: move it back.
    return value < high ? value : low;
  }

  /** An integer in [0, bound), without bias. @throws RangeError unless 1 ≤ bound ≤ 2³². */
  integer(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`integer(bound) needs 1 ≤ bound ≤ 2³², got ${bound}`);
    }
    if (bound === 2 ** 32) return this.uint32();
    // 2³² mod bound and the final remainder in integer arithmetic: `>>> 0` keeps V8 from dividing doubles.
    const divisor = bound >>> 0;
    const limit = 2 ** 32 - ((-divisor >>> 0) % divisor);
    let draw = this.uint32();
    while (draw >= limit) draw = this.uint32();
    return (draw >>> 0) % divisor;
  }

  /** A normal draw with the given mean and standard deviation. */
  normal(mean = 0, std = 1): number {
    // An odd numerator keeps the probability off 0 and 1, and symmetric about one half.
    return mean + std * normalQuantile(this.#word53(1) * 2 ** -53);
  }

  /** Fills `target` with numbers in [low, high) and returns it. */
  fillUniform(target: Float32Array, low = 0, high = 1): Float32Array {
    for (let i = 0; i < target.length; i++) {
      target[i] = this.uniform(low, high);
      if (target[i]! >= high) target[i] = low; // rounded up to float32
    }
    return target;
  }

  /** Fills `target` with normal draws and returns it. */
  fillNormal(target: Float32Array, mean = 0, std = 1): Float32Array {
    for (let i = 0; i < target.length; i++) target[i] = this.normal(mean, std);
    return target;
  }

  /** Equal to filling with `integer(bound)` one by one, but several times faster: no division per draw. */
  fillIntegers(target: Uint32Array, bound: number): Uint32Array {
    if (target.length > 0) target[0] = this.integer(bound);
    const limit = 2 ** 32 - (2 ** 32 % bound);
    const reciprocal = 1 / bound;
    for (let i = 1; i < target.length; i++) {
      let draw = this.uint32();
      while (draw >= limit) draw = this.uint32();
      // The rounded quotient is at most one off, and everything else here is exact in 53 bits.
      let remainder = draw - Math.floor(draw * reciprocal) * bound;
      if (remainder < 0) remainder += bound;
      else if (remainder >= bound) remainder -= bound;
      target[i] = remainder;
    }
    return target;
  }

  /** The integers 0 … n−1 in random order. */
  permutation(n: number): Int32Array {
    return this.choice(n, n);
  }

  /**
   * `size` integers from [0, n) in random order, each at most once unless `replace` (Fisher–Yates; O(n) memory).
   *
   * @throws RangeError if n or size is not a count below 2³¹, or size > n without `replace`.
   */
  choice(n: number, size: number, { replace = false } = {}): Int32Array {
    for (const count of [n, size]) {
      if (!Number.isInteger(count) || count < 0 || count >= 2 ** 31) {
        throw new RangeError(`choice(n, size) needs counts below 2³¹, got ${n} and ${size}`);
      }
    }
    if (replace) return Int32Array.from({ length: size }, () => this.integer(n));
    if (size > n) throw new RangeError(`cannot choose ${size} of ${n} without replacement`);
    const pool = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = 0; i < size; i++) {
      const j = i + this.integer(n - i);
      const picked = pool[j]!;
      pool[j] = pool[i]!;
      pool[i] = picked;
    }
    return pool.slice(0, size);
  }

  /** An integer in [0, 2⁵³); its lowest bit is set when `lowestBit` is 1. */
  #word53(lowestBit: 0 | 1): number {
    const high = this.uint32() >>> 5;
    return high * 2 ** 26 + ((this.uint32() >>> 6) | lowestBit);
  }
}
