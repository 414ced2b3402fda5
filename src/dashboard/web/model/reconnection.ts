/** Delays between reconnection attempts. */
import { CLOSE_EVICTED } from "../../limits.ts";

const FIRST_MS = 250;
const LAST_MS = 5000;
/** An evicted page would evict another one if it reconnected sooner. */
const EVICTED_MS = 30_000;
/** A socket that was open for this long resets the delay. */
const STEADY_MS = 5000;

export class Reconnection {
  #nextMs = FIRST_MS;

  /**
   * @param code the socket's close code (RFC 6455, §7.4).
   * @param stoodMs how long it was open; 0 if it never was.
   * @returns milliseconds to wait.
   */
  closed(code: number, stoodMs: number): number {
    if (code === CLOSE_EVICTED) return EVICTED_MS;
    if (stoodMs >= STEADY_MS) this.#nextMs = FIRST_MS;
    const waitMs = this.#nextMs;
    this.#nextMs = Math.min(LAST_MS, 2 * waitMs);
    return waitMs;
  }
}

/** The reason of a closed socket, as shown to the user. */
export function closeReasonText(code: number, reason: string): string {
  if (code !== CLOSE_EVICTED) return reason;
  return "too many pages are open, so this one was replaced by another. It reconnects in 30 s; STOP still works";
}
