/** The check every environment owes its caller before it acts. */
import type { BoxSpace } from "./env.ts";

/** @throws RangeError unless `action` has the length of the space and only finite numbers. */
export function checkAction(action: Float32Array, space: BoxSpace, id: string): void {
  const length = space.shape.reduce((product, size) => product * size, 1);
  if (action.length !== length) {
    throw new RangeError(`${id} takes an action of ${length} numbers, got ${action.length}`);
  }
  const bad = action.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new RangeError(`${id}: action[${bad}] is ${action[bad]}; every number must be finite`);
}

/** Element `index` of a bound that holds one number for all or one per element. */
export function boundAt(bound: number | Float32Array, index: number): number {
  return typeof bound === "number" ? bound : bound[index]!;
}
