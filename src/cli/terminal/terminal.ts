/** The process's terminal. Every command prints through it. */
import { isatty } from "node:tty";
import { Display } from "./display.ts";

export const terminal = new Display();

/**
 * Keeps a command running after its terminal was closed or the reader of its pipe has exited (`| head`).
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on("exit", () => {
    if (terminals.every((descriptor) => isatty(descriptor))) return;
    // Node aborts with a core dump if it cannot restore the settings of a closed terminal.
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  });
}
