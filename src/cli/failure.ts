/** Ends a failed command with one clear line, and leaves the terminal in order. */
import { constants } from "node:os";
import { describeSystemError } from "../utils/files/system_error.ts";
import { Stopped, type StopSignal } from "./stop_signals.ts";
import { terminal } from "./terminal/terminal.ts";

/** Any value prints the stack trace of an error. */
const DEBUG_VARIABLE = "HANDRAIL_DEBUG";

/**
 * Prints why a command failed.
 *
 * @returns the exit code: 1, or 128 plus the signal's number when a signal stopped the command.
 */
export function reportFailure(error: unknown): number {
  terminal.end();
  const stopped = stopBehind(error);
  if (stopped !== undefined) {
    terminal.print(stopped.message);
    return exitCodeOf(stopped.by);
  }
  terminal.print(`error: ${messageOf(error)}`);
  if (process.env[DEBUG_VARIABLE] && error instanceof Error && error.stack) terminal.print(error.stack);
  return 1;
}

/** The shell convention for a command that a signal ended. */
export function exitCodeOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Uncaught errors, such as one from a plug-in's timer or promise, end the process the same way. */
export function failOn(process: NodeJS.Process): void {
  process.on("uncaughtException", (error) => process.exit(reportFailure(error)));
  if (process.listenerCount("warning") === 0) return;
  // Node writes warnings directly to the terminal, through the status line.
  process.removeAllListeners("warning");
  process.on("warning", ({ name, message }) => terminal.print(`${name}: ${message}`));
}

/** Node's own functions wrap the abort reason. */
function stopBehind(error: unknown): Stopped | undefined {
  if (error instanceof Stopped) return error;
  return error instanceof Error && error.name === "AbortError" ? stopBehind(error.cause) : undefined;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return describeSystemError(error) || error.name;
}
