/** When a page that lost its socket opens the next one. */
import { CLOSE_MADE_ROOM } from "../../limits.ts";

const FIRST_MS = 250;
const LAST_MS = 5000;
/** A page that made room for another would only take the place of a third: they would drive each other out without end. */
const MADE_ROOM_MS = 30_000;
/** A socket that stood for so long was a good one. */
const STEADY_MS = 5000;

export class Reconnection {
  #nextMs = FIRST_MS;

  /**
   * @param code why the socket was closed (RFC 6455, §7.4).
   * @param stoodMs how long it was open; 0 if it never was.
   * @returns milliseconds to wait.
   */
  closed(code: number, stoodMs: number): number {
    if (code === CLOSE_MADE_ROOM) return MADE_ROOM_MS;
    if (stoodMs >= STEADY_MS) this.#nextMs = FIRST_MS;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(LAST_MS, 2 * waitMs);
    return waitMs;
  }
}

/** Why the socket was closed, for people. */
export function closedBecause(code: number, reason: string): string {
  if (code !== CLOSE_MADE_ROOM) return reason;
  return "so many pages are open that this one made room for another. It comes back in half a minute; STOP works meanwhile";
}
