/** Axes as C code sees them. */
import { type Shape, sizeOf } from "../../../shape.ts";

export interface Lines {
  /** Number of elements before the axis … */
  readonly outer: number;
  /** … along it … */
  readonly size: number;
  /** … and after it: neighbours along the axis are that far apart. */
  readonly inner: number;
}

/** Element (o, i, j) of a contiguous tensor is at (o·size + i)·inner + j. */
export function linesAlong(shape: Shape, axis: number): Lines {
  return { outer: sizeOf(shape.slice(0, axis)), size: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}
