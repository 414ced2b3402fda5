/** Initialisers, PyTorch's formulas (torch.nn.init). */
import type { Random } from "../random.ts";
import { type Shape, sizeOf } from "../shape.ts";
import { Tensor } from "../tensor.ts";

export type Initializer = (random: Random, shape: Shape) => Tensor<"float32">;

/** Inputs per output unit of a weight `[out, in, …]`: size(1) times the size of the rest. */
export function fanIn(shape: Shape): number {
  return sizeOf(shape.slice(1));
}

export function zeros(_random: Random, shape: Shape): Tensor<"float32"> {
  return Tensor.zeros(shape);
}

export function ones(_random: Random, shape: Shape): Tensor<"float32"> {
  return Tensor.of(shape, new Float32Array(sizeOf(shape)).fill(1));
}

/** U(−bound, bound) */
export function uniform(bound: number): Initializer {
  return (random, shape) => Tensor.of(shape, random.fillUniform(new Float32Array(sizeOf(shape)), -bound, bound));
}

/** N(0, std²) */
export function normal(std: number): Initializer {
  return (random, shape) => Tensor.of(shape, random.fillNormal(new Float32Array(sizeOf(shape)), 0, std));
}

/** The default of PyTorch's Linear and Conv2d weights, kaiming_uniform(a = √5): U(±1/√fanIn). */
export function kaimingUniform(random: Random, shape: Shape): Tensor<"float32"> {
  return uniform(1 / Math.sqrt(fanIn(shape)))(random, shape);
}

/** kaiming_normal with gain 1: N(0, 1/fanIn). */
export function kaimingNormal(random: Random, shape: Shape): Tensor<"float32"> {
  return normal(1 / Math.sqrt(fanIn(shape)))(random, shape);
}

/** A random matrix with orthonormal rows or columns, whichever are fewer, times `gain` (Saxe et al. 2013). */
export function orthogonal(gain = 1): Initializer {
  return (random, shape) => {
    const rows = shape[0]!;
    const columns = fanIn(shape);
    const [count, length] = [Math.min(rows, columns), Math.max(rows, columns)];
    const basis = gramSchmidt(
      Array.from({ length: count }, () => Float64Array.from({ length }, () => random.normal())),
    );
    const element = (row: number, column: number) => (rows <= columns ? basis[row]![column]! : basis[column]![row]!);
    const values = Float32Array.from({ length: rows * columns }, (_, i) => {
      return gain * element(Math.floor(i / columns), i % columns);
    });
    return Tensor.of(shape, values);
  };
}

/** Orthonormalises in place; subtracting twice keeps it orthogonal to rounding error. */
function gramSchmidt(vectors: readonly Float64Array[]): readonly Float64Array[] {
  for (const [index, vector] of vectors.entries()) {
    for (let pass = 0; pass < 2; pass++) {
      for (const earlier of vectors.slice(0, index)) {
        const overlap = dot(vector, earlier);
        for (let i = 0; i < vector.length; i++) vector[i]! -= overlap * earlier[i]!;
      }
    }
    const length = Math.sqrt(dot(vector, vector));
    for (let i = 0; i < vector.length; i++) vector[i]! /= length;
  }
  return vectors;
}

function dot(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
