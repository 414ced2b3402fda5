/**
 * The ways a command is told to end: Ctrl-C, `kill`, a closed terminal. Each ends it in good order, with everything saved;
 * a second Ctrl-C or `kill` ends it at once.
 */
import { performance } from "node:perf_hooks";
import { terminal } from "./terminal/terminal.ts";

/** `SIGHUP`: the terminal was closed, or its connection was lost. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** npm, tsx and other parents pass on what the terminal has sent to every process already. */
const RELAYED_WITHIN_MS = 1000;
const HEARTBEAT_MS = 100;

export interface StopSignals {
  /** Aborted with a `Stopped` error. */
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** Why a command ended before its work was done: somebody wanted it to. */
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

/** What a person reads when a command begins to stop. @param doing such as "saving everything". */
export function stopNotice(name: StopSignal, doing: string): string {
  return `${name}: ${doing}; once more to stop at once`;
}

/** @param onStop called once, when the first signal arrives. */
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
    // Shells and kernels repeat a hang-up whenever they like.
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
 * Ends this process as the signal does by default. `process.exit` would wait for what other threads compute, and a native
 * library that is interrupted in it may abort.
 */
export function dieOf(name: StopSignal): void {
  terminal.end();
  process.removeAllListeners(name);
  process.kill(process.pid, name);
}

/**
 * Tells when a signal may have arrived: a busy thread hears of signals late, of all of them at once. What arrived before
 * `lastBeat` has been heard.
 */
class Heart {
  lastBeat = performance.now();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => {
      const now = performance.now();
      // Signals are heard between timers and immediates: by then, every one that came before `now`.
      setImmediate(() => {
        this.lastBeat = now;
      }).unref();
    }, HEARTBEAT_MS).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
