/**
 * Numbers the episodes of all actors: one number per episode over the whole run, after those of its demonstrations. Each
 * actor counts its own; a session's transitions come in order, so only its latest episode need be remembered.
 */
import { z } from "zod";
import type { ReplayBuffer } from "../../replay/replay_buffer.ts";

const MAX_SESSIONS = 10_000;
const count = z.int().min(1);

export const EpisodeNumbersStateSchema = z.strictObject({
  /** Number of the next episode. */
  next: count,
  /** Session, its latest episode as it counts, and that episode's number here; the longest silent session first. */
  sessions: z.array(z.tuple([z.string(), count, count])),
});
export type EpisodeNumbersState = z.output<typeof EpisodeNumbersStateSchema>;

export class EpisodeNumbers {
  #next: number;
  readonly #latest: Map<string, { readonly episode: number; readonly number: number }>;

  constructor({ next, sessions }: EpisodeNumbersState = { next: 1, sessions: [] }) {
    this.#next = next;
    this.#latest = new Map(sessions.map(([session, episode, number]) => [session, { episode, number }]));
  }

  /** Numbers for a new run with these demonstrations. */
  static after(demonstrations: ReplayBuffer): EpisodeNumbers {
    const newest = demonstrations.size === 0 ? undefined : demonstrations.at(demonstrations.size - 1).episode;
    return new EpisodeNumbers({ next: (newest ?? 0) + 1, sessions: [] });
  }

  /** @param episode As the session counts it. */
  numberOf(session: string, episode: number): number {
    const known = this.#latest.get(session);
    const latest = known?.episode === episode ? known : { episode, number: this.#next++ };
    this.#latest.delete(session);
    this.#latest.set(session, latest);
    if (this.#latest.size > MAX_SESSIONS) this.#latest.delete(this.#latest.keys().next().value!);
    return latest.number;
  }

  /** undefined before the first episode. */
  state(): EpisodeNumbersState | undefined {
    if (this.#next === 1) return undefined;
    const sessions = Array.from(this.#latest, ([session, { episode, number }]): [string, number, number] => {
      return [session, episode, number];
    });
    return { next: this.#next, sessions };
  }
}
