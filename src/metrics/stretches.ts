/** Compact ranges of an episode's steps, such as the steps at which a person steered. Pure. */

/** Steps from first (inclusive) to last (exclusive), ascending. */
export type Stretch = [first: number, last: number];

/** Limit of stretches: frequent switching would make any number, and no drawing needs more. */
export const MAX_STRETCHES = 64;

/** @param step Later than all previous ones. At the limit, the last stretch grows over the gap. */
export function addStep(stretches: readonly Stretch[], step: number): Stretch[] {
  const last = stretches.at(-1);
  if (last !== undefined && (last[1] === step || stretches.length >= MAX_STRETCHES)) {
    return [...stretches.slice(0, -1), [last[0], step + 1]];
  }
  return [...stretches, [step, step + 1]];
}
