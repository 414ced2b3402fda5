/**
 * Types of the methods of an `Expr`. The operations build on `Expr`, so they install the methods (see `../fluent.ts`). A
 * module augmentation would be lost when declarations are bundled.
 */
import type { DType } from "../dtype.ts";
import type { Shape } from "../shape.ts";

export interface ReduceOptions {
  /** Axes to reduce. Default: all. Negative axes count from the end. */
  readonly axis?: number | readonly number[];
  /** Keep reduced axes with size 1. */
  readonly keepDims?: boolean;
}

export interface MatmulOptions {
  /** Use the transpose of the last two axes of `a`. */
  readonly transposeA?: boolean;
  /** Use the transpose of the last two axes of `b`. */
  readonly transposeB?: boolean;
}

/** Methods that take and return expressions of type `E`. */
export interface FluentMethods<E> {
  add(other: E | number): E;
  sub(other: E | number): E;
  mul(other: E | number): E;
  div(other: E | number): E;
  neg(): E;
  exp(): E;
  log(): E;
  sqrt(): E;
  square(): E;
  tanh(): E;
  sum(options?: ReduceOptions): E;
  mean(options?: ReduceOptions): E;
  max(options?: ReduceOptions): E;
  min(options?: ReduceOptions): E;
  clip(low: number, high: number): E;
  matmul(other: E, options?: MatmulOptions): E;
  reshape(shape: Shape): E;
  transpose(permutation?: readonly number[]): E;
  slice(axis: number, start: number, end?: number, step?: number): E;
  cast(dtype: DType): E;
  stopGradient(): E;
}
