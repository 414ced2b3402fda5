/** Splits episodes into those that train and those that are held out. */
import type { Random } from "../../../tensor/random.ts";

export interface Split {
  readonly training: readonly number[];
  readonly heldOut: readonly number[];
}

/**
 * Holds out a share of the successful episodes and of the others, at least one of each kind that has two or more. Frames of
 * one episode look alike, so that a split by frames would say nothing.
 *
 * @param isSuccess By episode.
 * @throws Error if no successful episode is left for either part.
 */
export function splitEpisodes(isSuccess: readonly boolean[], share: number, random: Random): Split {
  const training: number[] = [];
  const heldOut: number[] = [];
  for (const kind of [true, false]) {
    const own = [...isSuccess.keys()].filter((episode) => isSuccess[episode] === kind);
    const count = own.length < 2 ? 0 : Math.min(own.length - 1, Math.max(1, Math.round(share * own.length)));
    const order = random.permutation(own.length);
    for (const [rank, at] of order.entries()) (rank < count ? heldOut : training).push(own[at]!);
  }
  if (!heldOut.some((episode) => isSuccess[episode])) {
    const found = isSuccess.filter(Boolean).length;
    throw new Error(
      `${found} of the ${isSuccess.length} episodes ${found === 1 ? "is" : "are"} successful; training needs at least two, ` +
        "one of them held out. Was success marked while they were recorded?",
    );
  }
  const ascending = (a: number, b: number) => a - b;
  return { training: training.sort(ascending), heldOut: heldOut.sort(ascending) };
}
