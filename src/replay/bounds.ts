/** Limits of the numbers that are stored and trained on. Pure. */

/**
 * The largest magnitude of an observation, action, reward or other number of a transition.
 *
 * Losses and optimisers square numbers and sum the squares in float32, which ends at 3.4e38. 2e12 leaves room for that:
 * normalised by a range of 1e-3 it is 2e15, squared 4e30, and summed over ten million elements still finite. No physical
 * quantity comes near it, not even the milliseconds since 1970.
 */
export const MAX_MAGNITUDE = 2e12;

/** Limit of a sum of rewards over an episode: a million steps of the largest. */
export const MAX_RETURN = 1e6 * MAX_MAGNITUDE;

/** Limit of counts: steps, episodes, records. Sums of them stay exact. */
export const MAX_COUNT = 1e12;
