/** Axes given by callers, which may count from the end. */
import { TraceError } from "../errors.ts";
import { formatShape, normalizeAxis, type Shape } from "../shape.ts";

/** The axis as a non-negative number. @throws TraceError naming the operation when the shape has no such axis. */
export function resolveAxis(name: string, axis: number, shape: Shape): number {
  const resolved = normalizeAxis(axis, shape.length);
  if (resolved === undefined) throw new TraceError(`${name}: there is no axis ${axis} in shape ${formatShape(shape)}`);
  return resolved;
}
