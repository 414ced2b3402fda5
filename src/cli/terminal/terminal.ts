/** The terminal of this process: every command prints through it. */
import { isatty } from "node:tty";
import { Display } from "./display.ts";

export const terminal = new Display();

/**
 * A terminal that was closed and a pipe that nobody reads any more (`| head`) are no reason to lose what a command does:
 * it carries on, unheard.
 */
export function surviveLostOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on("exit", () => {
    if (terminals.every((descriptor) => isatty(descriptor))) return;
    // Node aborts, with a core dump, where it cannot give a closed terminal its settings back.
    process.removeAllListeners("SIGHUP");
    process.kill(process.pid, "SIGHUP");
  });
}
