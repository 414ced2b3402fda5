import { expect, test } from "vitest";
import { Random } from "../../../tensor/random.ts";
import { invert, multiply, multiplyTransposed, pseudoInvertSymmetric } from "./linear_algebra.ts";

function randomMatrix(n: number, seed: number): Float64Array {
  const random = new Random(seed);
  return Float64Array.from({ length: n * n }, () => random.normal());
}

function distanceFromIdentity(n: number, matrix: Float64Array): number {
  return matrix.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (i % (n + 1) === 0 ? 1 : 0))), 0);
}

test.each([1, 2, 6, 7])("a random %d × %d matrix times its inverse is the identity", (n) => {
  for (let seed = 0; seed < 20; seed++) {
    const matrix = randomMatrix(n, seed);
    const inverse = new Float64Array(n * n);
    const product = new Float64Array(n * n);
    const determinant = invert(n, matrix.slice(), inverse);
    multiply(n, n, n, matrix, inverse, product);
    expect(determinant).not.toBe(0);
    expect(distanceFromIdentity(n, product)).toBeLessThan(1e-9);
  }
});

test("the determinant has its sign: swapping two rows turns it", () => {
  const inverse = new Float64Array(4);
  expect(invert(2, Float64Array.of(1, 2, 3, 4), inverse)).toBeCloseTo(-2, 12);
  expect(invert(2, Float64Array.of(3, 4, 1, 2), inverse)).toBeCloseTo(2, 12);
});

test("a singular matrix has determinant zero", () => {
  expect(invert(2, Float64Array.of(1, 2, 2, 4), new Float64Array(4))).toBe(0);
});

test("the pseudo-inverse of a regular matrix is its inverse", () => {
  const factor = randomMatrix(6, 3);
  const symmetric = new Float64Array(36);
  multiplyTransposed(6, 6, 6, factor, factor, symmetric);
  const inverse = new Float64Array(36);
  const pseudo = new Float64Array(36);
  invert(6, symmetric.slice(), inverse);
  pseudoInvertSymmetric(6, symmetric.slice(), 0, pseudo);
  for (let i = 0; i < 36; i++) expect(pseudo[i]).toBeCloseTo(inverse[i]!, 6);
});

test("the pseudo-inverse of a singular matrix meets Penrose's conditions", () => {
  // Rank 1: v vᵀ.
  const v = [1, -2, 0.5];
  const matrix = Float64Array.from({ length: 9 }, (_, i) => v[Math.floor(i / 3)]! * v[i % 3]!);
  const pseudo = new Float64Array(9);
  pseudoInvertSymmetric(3, matrix.slice(), 1e-2, pseudo);
  const product = new Float64Array(9);
  const again = new Float64Array(9);
  multiply(3, 3, 3, matrix, pseudo, product);
  multiply(3, 3, 3, product, matrix, again);
  for (let i = 0; i < 9; i++) expect(again[i]).toBeCloseTo(matrix[i]!, 10);
  multiply(3, 3, 3, pseudo, matrix, product);
  multiply(3, 3, 3, product, pseudo, again);
  for (let i = 0; i < 9; i++) expect(again[i]).toBeCloseTo(pseudo[i]!, 10);
});

test("eigenvalues below the cutoff count as zero", () => {
  const pseudo = new Float64Array(4);
  pseudoInvertSymmetric(2, Float64Array.of(2, 0, 0, 0.01), 1e-2, pseudo);
  expect([...pseudo]).toEqual([0.5, 0, 0, 0]);
});
