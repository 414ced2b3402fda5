/** Demonstrations on several environments at once, each in a thread of its own. */
import { isProgram } from "../../teleoperators/registry.ts";
import { envsFor, envsOf } from "../evaluation/side_by_side.ts";
import { DemonstrationThread } from "./demonstration_thread.ts";
import type { Demonstration, DemonstrationPlace } from "./messages.ts";

/**
 * Runs `record` with players for `recordDemonstrations`: as many threads as record `episodes` fastest. There are none where this
 * thread does as well, where the environment does not run in threads, and where a person steers.
 */
export async function withDemonstrators<Result>(
  demonstration: Demonstration,
  episodes: number,
  record: (players: readonly DemonstrationThread[]) => Promise<Result>,
): Promise<Result> {
  const { place, teleoperator } = demonstration;
  const count = isProgram(teleoperator) ? placesFor(place, episodes) : 1;
  const players = count === 1 ? [] : Array.from({ length: count }, () => new DemonstrationThread(demonstration));
  try {
    return await record(players);
  } finally {
    await Promise.all(players.map((player) => player.close()));
  }
}

function placesFor(place: DemonstrationPlace, episodes: number): number {
  return "config" in place ? envsOf(place.config, episodes) : envsFor(episodes);
}
