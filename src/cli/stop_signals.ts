/**
 * Signals that stop a command: Ctrl-C, `kill`, a closed terminal. Each shuts it down cleanly, with everything saved. A second
 * Ctrl-C or `kill` kills it at once.
 */
import { performance } from "node:perf_hooks";
import { terminal } from "./terminal/terminal.ts";

/** `SIGHUP`: the terminal was closed, or its connection was lost. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** npm, tsx and other parents relay a signal that the terminal has already sent to every process. */
const RELAYED_WITHIN_MS = 1000;
const HEARTBEAT_MS = 100;

export interface StopSignals {
  /** Aborted with a `Stopped` error. */
  readonly signal: AbortSignal;
  /** Removes the signal handlers. */
  readonly release: () => void;
}

/** A signal stopped the command before it was done. */
export class Stopped extends Error {
  override readonly name = "Stopped";
  readonly by: StopSignal;

  constructor(by: StopSignal) {
    super(`stopped by ${by}`);
    this.by = by;
  }
}

/** Resolves when the signal aborts. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
}

/** Printed when a command begins to stop. @param doing such as "saving everything". */
export function stopNotice(name: StopSignal, doing: string): string {
  return `${name}: ${doing}; repeat to stop immediately`;
}

/** @param onStop called once, on the first signal. */
export function stopOnSignals(onStop: (name: StopSignal) => void): StopSignals {
  const controller = new AbortController();
  let heart: Heart | undefined;
  let stoppedAt = 0;
  const stop = (name: StopSignal) => {
    if (heart === undefined) {
      stoppedAt = performance.now();
      heart = new Heart();
      controller.abort(new Stopped(name));
      onStop(name);
      return;
    }
    const isRelayed = heart.lastBeat < stoppedAt + RELAYED_WITHIN_MS;
    // Shells and kernels may repeat SIGHUP.
    if (!isRelayed && name !== "SIGHUP") dieOf(name);
  };
  for (const name of STOP_SIGNALS) process.on(name, stop);
  return {
    signal: controller.signal,
    release: () => {
      heart?.stop();
      for (const name of STOP_SIGNALS) process.off(name, stop);
    },
  };
}

/**
 * Ends this process with the signal's default action. `process.exit` would wait for other threads, and a native library
 * that it interrupts may abort.
 */
export function dieOf(name: StopSignal): void {
  terminal.end();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

/**
 * Bounds the arrival time of signals. A busy thread receives signals late, and several at once. Every signal that arrived
 * before `lastBeat` has been handled.
 */
class Heart {
  lastBeat = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      // Node handles signals between timers and immediates: every signal from before `now` has been handled by then.
      setImmediate(() => {
        this.lastBeat = now;
      }).unref();
    }, HEARTBEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
