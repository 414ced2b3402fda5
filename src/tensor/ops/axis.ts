/** Resolves axes, which may count from the end. */
import { TraceError } from "../errors.ts";
import { formatShape, normalizeAxis, type Shape } from "../shape.ts";

/** The axis as a non-negative number. @throws TraceError naming the operation if the shape lacks the axis. */
export function resolveAxis(name: string, axis: number, shape: Shape): number {
  const resolved = normalizeAxis(axis, shape.length);
  if (resolved === undefined)
    throw new TraceError(`${name}: axis ${axis} does not exist in shape ${formatShape(shape)}`);
  return resolved;
}
