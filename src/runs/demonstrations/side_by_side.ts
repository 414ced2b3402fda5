/** Demonstrations in several environments in parallel, each in its own thread. */
import { shareWithThreads } from "../../envs/make_env.ts";
import { envSettingsOf } from "../../settings/env_settings.ts";
import { isProgram } from "../../teleoperators/registry.ts";
import { envsFor, envsOf } from "../evaluation/side_by_side.ts";
import { DemonstrationThread } from "./demonstration_thread.ts";
import type { Demonstration, DemonstrationPlace } from "./messages.ts";

/**
 * Runs `record` with the number of player threads that records `episodes` fastest. There are none if this thread is as fast,
 * if the environment cannot run in threads, or if a person steers.
 */
export async function withDemonstrators<Result>(
  demonstration: Demonstration,
  episodes: number,
  record: (players: readonly DemonstrationThread[]) => Promise<Result>,
): Promise<Result> {
  const { place, teleoperator } = demonstration;
  const count = isProgram(teleoperator) ? placesFor(place, episodes) : 1;
  const task = "config" in place ? envSettingsOf(place.config).task : place.id;
  if (count > 1 && task !== null) await shareWithThreads(task);
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
