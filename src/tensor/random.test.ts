import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { normalQuantile } from "./normal_quantile.ts";
import { Random, type RandomState } from "./random.ts";

const seedArbitrary = fc.maxSafeInteger();

/** Pearson's statistic of counts that should all be equal; its mean is the number of counts less one. */
function chiSquare(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const expected = all.reduce((sum, count) => sum + count, 0) / all.length;
  return all.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** The chi-square value that is exceeded once in about 10⁶ cases (Wilson & Hilferty 1931). */
function chiSquareLimit(degrees: number): number {
  return degrees * (1 - 2 / (9 * degrees) + 4.75 * Math.sqrt(2 / (9 * degrees))) ** 3;
}

/** Kolmogorov and Smirnov's distance, times √n, to the uniform distribution on [0, 1). */
function kolmogorovSmirnov(sample: Float64Array): number {
  const sorted = sample.slice().sort();
  const n = sorted.length;
  return Math.sqrt(n) * sorted.reduce((far, x, i) => Math.max(far, (i + 1) / n - x, x - i / n), 0);
}

const uniforms = (random: Random, n: number) => Float64Array.from({ length: n }, () => random.uniform());

/**
 * A generator whose next two words have all bits set, so that its next uniform is 1 − 2⁻⁵³, the largest there is. The
 * output is rotl(5b, 7)·9, undone here with the inverses of 9 and 5 modulo 2³²; equal first and third words keep b.
 */
function topOfUnitInterval(): Random {
  const product = Math.imul(0xffffffff, 954437177);
  const b = Math.imul((product >>> 7) | (product << 25), 3435973837) >>> 0;
  return Random.fromState([1, b, 1, 0]);
}

/** Some numbers that depend on every bit of many draws. Other processes run this function's text. */
function summarise(Generator: typeof Random): unknown[] {
  const random = new Generator(7);
  const normals = random.fillNormal(new Float32Array(20000));
  let sum = 0;
  for (let i = 0; i < 20000; i++) sum += random.normal() * random.uniform(-1, 3);
  return [sum, normals.at(-1), ...random.permutation(9), random.state];
}

describe("the stream", () => {
  it("is xoshiro128** 1.1: the published code started from 1, 2, 3, 4 gives these words", () => {
    const random = Random.fromState([1, 2, 3, 4]);
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it("never changes for a given seed", () => {
    const random = new Random(42);
    const draws = {
      words: [random.uint32(), random.uint32()],
      uniform: random.uniform(),
      normal: random.normal(),
      integers: [random.integer(10), random.integer(2 ** 32)],
      permutation: [...random.permutation(8)],
      choice: [...random.choice(100, 5)],
      replaced: [...random.choice(3, 6, { replace: true })],
      fork: random.fork().uint32(),
      state: random.state,
    };
    expect(draws).toEqual({
      words: [2837322924, 544945897],
      uniform: 0.1117019639532224,
      normal: -1.4111130209474254,
      integers: [6, 1112262688],
      permutation: [6, 1, 5, 0, 2, 4, 3, 7],
      choice: [68, 18, 52, 38, 76],
      replaced: [0, 1, 2, 1, 1, 0],
      fork: 262266593,
      state: [2539514310, 2046379721, 1461536280, 2435699612],
    });
  });

  it("differs between all seeds, also where only the high half or the sign differs", () => {
    const seeds = [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 32 + 1, 0x9e3779b9, 2 ** 53 - 1, -(2 ** 53) + 1, 2 ** 31];
    expect(new Set(seeds.map((seed) => new Random(seed).state.join())).size).toBe(seeds.length);
    fc.assert(
      fc.property(seedArbitrary, seedArbitrary, (a, b) => {
        fc.pre(a !== b);
        expect(new Random(a).state).not.toEqual(new Random(b).state);
      }),
    );
  });

  it("starts evenly over neighbouring seeds", () => {
    const first = Float64Array.from({ length: 20_000 }, (_, seed) => new Random(seed).uniform());
    expect(kolmogorovSmirnov(first)).toBeLessThan(2.7);
  });

  it("treats −0 as 0 and refuses seeds that are not safe integers", () => {
    expect(new Random(-0).state).toEqual(new Random(0).state);
    for (const seed of [0.5, Number.NaN, Infinity, 2 ** 53]) expect(() => new Random(seed)).toThrow(RangeError);
  });

  it("has the same bits in other processes, optimised or interpreted", async () => {
    const script = `
      const { Random } = await import(${JSON.stringify(new URL("./random.ts", import.meta.url).href)});
      console.log(JSON.stringify((${summarise.toString()})(Random)));`;
    const cwd = fileURLToPath(new URL("../..", import.meta.url));
    const outputs = await Promise.all(
      [[], ["--no-opt"]].map(async (flags) => {
        const options = [...flags, "--import", "tsx", "--input-type=module", "--eval", script];
        return JSON.parse((await promisify(execFile)(process.execPath, options, { cwd })).stdout);
      }),
    );
    const here = JSON.parse(JSON.stringify(summarise(Random)));
    expect(outputs).toEqual([here, here]);
  });
});

describe("state", () => {
  it("saved as JSON anywhere in a stream, continues it exactly", () => {
    const draw = fc.constantFrom(
      (random: Random) => random.uniform(),
      (random: Random) => random.normal(),
      (random: Random) => random.integer(1000),
      (random: Random) => [...random.permutation(5)],
      (random: Random) => random.fork().uint32(),
    );
    fc.assert(
      fc.property(seedArbitrary, fc.array(draw), fc.array(draw, { minLength: 1 }), (seed, before, after) => {
        const random = new Random(seed);
        for (const each of before) each(random);
        const restored = Random.fromState(JSON.parse(JSON.stringify(random.state)) as RandomState);
        expect(after.map((each) => each(restored))).toEqual(after.map((each) => each(random)));
        expect(restored.state).toEqual(random.state);
      }),
    );
  });

  it("is a copy, independent of the generator", () => {
    const random = new Random(1);
    const state = random.state;
    random.uint32();
    expect(random.state).not.toEqual(state);
  });

  it.each([[[0, 0, 0, 0]], [[1, 2, 3]], [[1, 2, 3, 2 ** 32]], [[1, 2, 3, -1]], [[1, 2, 3, 0.5]], [[1, 2, 3, null]]])(
    "refuses %j",
    (state) => {
      expect(() => Random.fromState(state as unknown as RandomState)).toThrow("a random state is four 32-bit words");
    },
  );

  it("advances by two words for a uniform and for a normal, for all values", () => {
    fc.assert(
      fc.property(seedArbitrary, (seed) => {
        const [byUniform, byNormal, byWords] = [new Random(seed), new Random(seed), new Random(seed)];
        byUniform.uniform(-5, 5);
        byNormal.normal(1, 2);
        byWords.uint32();
        byWords.uint32();
        expect(byUniform.state).toEqual(byWords.state);
        expect(byNormal.state).toEqual(byWords.state);
      }),
    );
  });
});

describe("fork", () => {
  it("gives streams that neither repeat nor correlate with their parent's", () => {
    const parent = new Random(3);
    const children = [parent.fork(), parent.fork()];
    const n = 50_000;
    const streams = [parent, ...children].map((random) => uniforms(random, n).map((x) => (x - 0.5) * Math.sqrt(12)));
    for (const [a, b] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const correlation = streams[a]!.reduce((sum, x, i) => sum + x * streams[b]![i]!, 0) / n;
      expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it("is determined by the parent's state, and draws from a child leave the parent unchanged", () => {
    const [a, b] = [new Random(9), new Random(9)];
    const child = a.fork();
    for (let i = 0; i < 10; i++) child.uint32();
    expect(b.fork().uint32()).toBe(Random.fromState(new Random(9).state).fork().uint32());
    expect(a.state).toEqual(b.state);
  });
});

describe("uniform", () => {
  it("is even over [0, 1), in value, in its lowest bits and from draw to draw", () => {
    const sample = uniforms(new Random(11), 200_000);
    expect(kolmogorovSmirnov(sample)).toBeLessThan(2.7); // exceeded once in about 10⁶ cases
    const lowBits = new Float64Array(256);
    const pairs = new Float64Array(256);
    sample.forEach((x, i) => {
      lowBits[(x * 2 ** 53) % 256]!++;
      if (i % 2 === 1) pairs[Math.floor(x * 16) * 16 + Math.floor(sample[i - 1]! * 16)]!++;
    });
    expect(chiSquare(lowBits)).toBeLessThan(chiSquareLimit(255));
    expect(chiSquare(pairs)).toBeLessThan(chiSquareLimit(255));
  });

  it("stays at least low and below high, however narrow the range", () => {
    const bound = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(seedArbitrary, bound, bound, (seed, a, b) => {
        fc.pre(a !== b);
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const value = new Random(seed).uniform(low, high);
        expect(value >= low && value < high).toBe(true);
      }),
    );
    const random = new Random(5);
    const next = 1 + 2 * Number.EPSILON;
    const seen = new Set(Array.from({ length: 100 }, () => random.uniform(1, next)));
    expect([...seen].sort()).toEqual([1, 1 + Number.EPSILON]);
  });

  it("stays below high in float32 too, where the draw itself would round up to it", () => {
    expect(topOfUnitInterval().uniform()).toBe(1 - 2 ** -53);
    const [filled] = topOfUnitInterval().fillUniform(new Float32Array(1));
    expect(filled).toBe(0);
  });

  it("returns low for an empty range, and refuses reversed, infinite or missing bounds", () => {
    expect(new Random(1).uniform(3, 3)).toBe(3);
    for (const [low, high] of [
      [1, 0],
      [0, Infinity],
      [Number.NaN, 1],
      [-1e308, 1e308],
    ]) {
      expect(() => new Random(1).uniform(low, high)).toThrow("needs finite low ≤ high");
    }
  });
});

describe("normal", () => {
  it("has the moments and the distribution of a standard normal", () => {
    const random = new Random(12);
    const n = 400_000;
    const sample = Float64Array.from({ length: n }, () => random.normal());
    const moment = (power: number) => sample.reduce((sum, x) => sum + x ** power, 0) / n;
    // Five standard errors each; the variance of xᵏ is (2k−1)!! − E[xᵏ]².
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    const tail = sample.filter((x) => Math.abs(x) > 3).length / n;
    expect(Math.abs(tail - 0.0026998)).toBeLessThan(5 * Math.sqrt(0.0027 / n));
  });

  it("scales by mean and standard deviation, and fills arrays with the same draws", () => {
    const [a, b, c] = [new Random(13), new Random(13), new Random(13)];
    const standard = Array.from({ length: 10 }, () => a.normal());
    expect(Array.from({ length: 10 }, () => b.normal(2, 3))).toEqual(standard.map((x) => 2 + 3 * x));
    expect(c.fillNormal(new Float32Array(10), 2, 3)).toEqual(Float32Array.from(standard, (x) => 2 + 3 * x));
  });

  it("is finite at both ends of the generator's range", () => {
    expect(topOfUnitInterval().normal()).toBe(normalQuantile(1 - 2 ** -53));
    expect(normalQuantile(1 - 2 ** -53)).toBe(-normalQuantile(2 ** -53));
  });
});

describe("integer", () => {
  it("is unbiased even where a plain remainder of 32 bits would prefer the lower half by two to one", () => {
    const random = new Random(14);
    const bound = 3 * 2 ** 30;
    const thirds = [0, 0, 0];
    for (let i = 0; i < 60_000; i++) thirds[Math.floor(random.integer(bound) / 2 ** 30)]!++;
    expect(chiSquare(thirds)).toBeLessThan(chiSquareLimit(2));
  });

  it("reaches every value below the bound evenly", () => {
    const random = new Random(15);
    const counts = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(6));
  });

  it("takes bounds from 1 to 2³² and refuses others", () => {
    expect(new Random(1).integer(1)).toBe(0);
    expect(new Random(1).integer(2 ** 32)).toBe(new Random(1).uint32());
    for (const bound of [0, -1, 2.5, 2 ** 32 + 1, Number.NaN]) {
      expect(() => new Random(1).integer(bound)).toThrow("needs 1 ≤ bound ≤ 2³²");
    }
  });
});

describe("fillIntegers", () => {
  it.each([1, 2, 3, 9, 1000, 65_537, 2 ** 31 - 1, 2 ** 31, 3_000_000_000, 2 ** 32 - 1, 2 ** 32])(
    "fills with the integers below %d that single draws would give",
    (bound) => {
      const [one, many] = [new Random(bound), new Random(bound)];
      const filled = many.fillIntegers(new Uint32Array(5000), bound);
      expect([...filled]).toEqual(Array.from(filled, () => one.integer(bound)));
      expect(many.state).toEqual(one.state);
    },
  );

  it("refuses the same bounds as single draws", () => {
    expect(() => new Random(1).fillIntegers(new Uint32Array(3), 0)).toThrow("needs 1 ≤ bound ≤ 2³²");
  });
});

describe("permutation and choice", () => {
  it("permute: every index appears exactly once", () => {
    fc.assert(
      fc.property(seedArbitrary, fc.nat(200), (seed, n) => {
        expect([...new Random(seed).permutation(n)].sort((a, b) => a - b)).toEqual([...Array(n).keys()]);
      }),
    );
  });

  it("permute: all orders of four are equally frequent", () => {
    const random = new Random(16);
    const counts = new Map<string, number>();
    for (let i = 0; i < 48_000; i++) {
      const order = random.permutation(4).join();
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(chiSquareLimit(23));
  });

  it("choose distinct indices, each equally often in each place", () => {
    const random = new Random(17);
    const counts = new Float64Array(3 * 10);
    for (let i = 0; i < 30_000; i++) {
      const chosen = random.choice(10, 3);
      expect(new Set(chosen).size).toBe(3);
      chosen.forEach((value, place) => {
        counts[place * 10 + value]!++;
      });
    }
    for (let place = 0; place < 3; place++) {
      expect(chiSquare(counts.subarray(place * 10, place * 10 + 10))).toBeLessThan(chiSquareLimit(9));
    }
  });

  it("choose with replacement: any size, evenly", () => {
    const counts = new Float64Array(5);
    for (const value of new Random(18).choice(5, 50_000, { replace: true })) counts[value]!++;
    expect(chiSquare(counts)).toBeLessThan(chiSquareLimit(4));
  });

  it("accept empty selections and refuse impossible ones", () => {
    expect([...new Random(1).choice(5, 0)]).toEqual([]);
    expect([...new Random(1).permutation(0)]).toEqual([]);
    expect(() => new Random(1).choice(3, 4)).toThrow("cannot choose 4 of 3 without replacement");
    for (const [n, size] of [
      [5, -1],
      [-1, 0],
      [2.5, 1],
      [5, 1.5],
      [2 ** 31, 1],
    ] as const) {
      expect(() => new Random(1).choice(n, size)).toThrow("needs counts below 2³¹");
    }
    expect(() => new Random(1).choice(0, 1, { replace: true })).toThrow(RangeError);
  });
});
