/**
 * When control steps begin. Steps are due on a fixed grid, so small delays do not add up; a step that is late by whole
 * periods leaves those out instead of catching up in a burst, which on a robot would be a jerk.
 */
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { RecentValues } from "../../utils/recent_values.ts";

/** Timers fire up to a millisecond late, sometimes two: the rest is slept through exactly, without spinning. */
const TIMER_SLACK_MS = 2;
/** A loop that never waits yields to this thread's sockets and timers this often. */
const TURN_MS = 5;
const WINDOW = 1024;

const cell = new Int32Array(new SharedArrayBuffer(4));

export interface ControlJitter {
  /** How late steps began against the grid, milliseconds, over the last 1024 steps. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Periods that were left out because a step came too late, since the beginning. */
  readonly skippedPeriods: number;
}

/** The clock's sources of time, replaced in tests. */
export interface TimeSource {
  /** Milliseconds; never goes back. */
  now(): number;
  /** Ends early when the signal aborts. */
  sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void>;
}

const MONOTONIC_TIME: TimeSource = { now: () => performance.now(), sleepUntil };

export class ControlClock {
  readonly #time: TimeSource;
  readonly #frequencyHz: () => number | undefined;
  readonly #latenessMs = new RecentValues(WINDOW);
  #periodMs: number | undefined;
  #dueMs: number | undefined;
  #skippedPeriods = 0;
  #turnMs = 0;

  /**
   * @param frequencyHz Steps per second; without it steps are due at once. A function is asked before every step.
   * @throws RangeError unless positive.
   */
  constructor(frequencyHz?: number | (() => number | undefined), time = MONOTONIC_TIME) {
    const isNumber = typeof frequencyHz === "number";
    if (isNumber && !(frequencyHz > 0 && Number.isFinite(frequencyHz))) {
      throw new RangeError(`a control frequency is positive, got ${frequencyHz}`);
    }
    this.#time = time;
    this.#frequencyHz = typeof frequencyHz === "function" ? frequencyHz : () => frequencyHz;
  }

  /** The grid begins anew with the next step: after a pause, or with an episode. */
  restart(): void {
    this.#dueMs = undefined;
  }

  /** Waits until the next step is due. An aborted signal ends the wait early, without an error. */
  async tick(signal?: AbortSignal): Promise<void> {
    this.#followFrequency();
    if (this.#periodMs === undefined) {
      await this.#yieldNowAndThen();
      return;
    }
    if (this.#dueMs === undefined) {
      this.#dueMs = this.#time.now() + this.#periodMs;
      return;
    }
    await this.#time.sleepUntil(this.#dueMs, signal);
    if (signal?.aborted) return;
    const lateMs = Math.max(0, this.#time.now() - this.#dueMs);
    this.#latenessMs.add(lateMs);
    const missed = Math.floor(lateMs / this.#periodMs);
    this.#skippedPeriods += missed;
    this.#dueMs += (1 + missed) * this.#periodMs;
  }

  jitter(): ControlJitter {
    const [p50Ms, p99Ms] = this.#latenessMs.quantiles(0.5, 0.99) as [number, number];
    return { p50Ms, p99Ms, skippedPeriods: this.#skippedPeriods };
  }

  /** A new frequency begins a new grid. */
  #followFrequency(): void {
    const frequencyHz = this.#frequencyHz();
    const periodMs = frequencyHz === undefined ? undefined : 1000 / frequencyHz;
    if (periodMs !== this.#periodMs) this.restart();
    this.#periodMs = periodMs;
  }

  async #yieldNowAndThen(): Promise<void> {
    if (this.#time.now() - this.#turnMs < TURN_MS) return;
    await nextTurn();
    this.#turnMs = this.#time.now();
  }
}

async function sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void> {
  const coarseMs = dueMs - performance.now() - TIMER_SLACK_MS;
  if (coarseMs >= 1) await sleep(coarseMs, undefined, { signal }).catch(() => {});
  const restMs = dueMs - performance.now();
  if (restMs > 0 && !signal?.aborted) Atomics.wait(cell, 0, 0, restMs);
}
