/** At which steps of an episode something was so, as few numbers. Pure. */

/** Steps from first (inclusive) to last (exclusive), ascending. */
export type Stretch = [first: number, last: number];

/** Hands that tremble would make any number of stretches; nothing that is drawn needs more. */
export const MAX_STRETCHES = 64;

/** @param step later than all before. When there are too many the last one grows over the gap. */
export function addStep(stretches: readonly Stretch[], step: number): Stretch[] {
  const last = stretches.at(-1);
  if (last !== undefined && (last[1] === step || stretches.length >= MAX_STRETCHES)) {
    return [...stretches.slice(0, -1), [last[0], step + 1]];
  }
  return [...stretches, [step, step + 1]];
}
