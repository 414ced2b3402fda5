/** One row of the conformance table: an operation, its inputs and the expected result. */
import type { Expr } from "../../ir/expr.ts";
import { Random } from "../../random.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import type { NdArray } from "./ndarray.ts";

export interface Row {
  /** The row's special case, for failure messages. */
  readonly title: string;
  /** Float inputs are differentiated, others are not. */
  readonly inputs: readonly Tensor[];
  readonly apply: (...inputs: Expr[]) => Expr | readonly Expr[];
  readonly reference: (...inputs: NdArray[]) => NdArray | readonly NdArray[];
  /**
   * The gradient of Σ weights · outputs with respect to each float input, for points with a kink. Default: central
   * differences of the reference. "none" if the operation has no gradient.
   */
  readonly gradient?: "none" | ((weights: readonly NdArray[]) => readonly NdArray[]);
  /** Allowed error relative to 1 + |expected|. Default: 1e-5. */
  readonly tolerance?: number;
}

/** Rows for every operation, by its exported name. */
export type Rows = Readonly<Record<string, (draw: Draw) => readonly Row[]>>;

/** Seeded inputs. */
export class Draw {
  readonly #random: Random;

  constructor(seed: number) {
    this.#random = new Random(seed);
  }

  normal(shape: Shape): Tensor<"float32"> {
    return Tensor.of(shape, this.#random.fillNormal(new Float32Array(sizeOf(shape))));
  }

  uniform(shape: Shape, low: number, high: number): Tensor<"float32"> {
    return Tensor.of(shape, this.#random.fillUniform(new Float32Array(sizeOf(shape)), low, high));
  }

  /** Integers in [0, bound). */
  integers(shape: Shape, bound: number): Tensor<"int64"> {
    const data = BigInt64Array.from({ length: sizeOf(shape) }, () => BigInt(this.#random.integer(bound)));
    return new Tensor("int64", shape, data);
  }

  booleans(shape: Shape): Tensor<"bool"> {
    return new Tensor(
      "bool",
      shape,
      Uint8Array.from({ length: sizeOf(shape) }, () => this.#random.integer(2)),
    );
  }

  /** An integer in [0, bound). */
  integer(bound: number): number {
    return this.#random.integer(bound);
  }

  /** A shape of 1 to 3 axes, each of size 1 to 4. */
  shape(): number[] {
    return Array.from({ length: 1 + this.#random.integer(3) }, () => 1 + this.#random.integer(4));
  }

  /** The shape with some axes shrunk to 1 and possibly its first ones removed, so that it broadcasts to the original. */
  broadcastable(shape: Shape): number[] {
    const shrunk = shape.map((dim) => (this.#random.integer(3) === 0 ? 1 : dim));
    return shrunk.slice(this.#random.integer(shape.length + 1));
  }
}

/** Pairs of shapes that broadcast together: fixed edge cases and random ones in both directions. */
export function broadcastPairs(draw: Draw): (readonly [Shape, Shape])[] {
  const random = Array.from({ length: 4 }, (_, i): readonly [Shape, Shape] => {
    const shape = draw.shape();
    return i % 2 === 0 ? [shape, draw.broadcastable(shape)] : [draw.broadcastable(shape), shape];
  });
  return [
    [[], []],
    [
      [3, 4],
      [3, 4],
    ],
    [
      [2, 1, 3],
      [4, 1],
    ],
    [[0, 3], [3]],
    [[1], [0]],
    ...random,
  ];
}

export function float(shape: Shape, values: readonly number[]): Tensor<"float32"> {
  return Tensor.of(shape, values);
}

export function int(shape: Shape, values: readonly number[]): Tensor<"int64"> {
  return new Tensor("int64", shape, BigInt64Array.from(values, BigInt));
}

export function array(shape: Shape, values: readonly number[]): NdArray {
  return { shape, data: Float64Array.from(values) };
}
