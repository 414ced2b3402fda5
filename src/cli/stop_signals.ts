/** Ctrl-C and `kill` end a command in good order; a second Ctrl-C ends it at once. */

export interface StopSignals {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** @param onStop told once, when the first signal arrives. */
export function stopOnSignals(onStop: (name: NodeJS.Signals) => void): StopSignals {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(name === "SIGINT" ? 130 : 143);
    controller.abort(new Error(`stopped by ${name}`));
    onStop(name);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return {
    signal: controller.signal,
    release: () => {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    },
  };
}
