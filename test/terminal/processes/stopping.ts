/**
 * A command that never gets done with saving. Ctrl-C makes it stop; "busy" blocks its thread for two seconds from then on,
 * and with "done" it ends at once.
 */
import { createInterface } from "node:readline";
import { failOn } from "../../../src/cli/failure.ts";
import { stopNotice, stopOnSignals } from "../../../src/cli/stop_signals.ts";
import { surviveLostOutput, terminal } from "../../../src/cli/terminal/terminal.ts";

const isBusy = process.argv[2] === "busy";

surviveLostOutput();
failOn(process);
stopOnSignals((name) => {
  terminal.print(stopNotice(name, "saving everything"));
  terminal.wait("saving");
  setTimeout(() => terminal.print("time has passed"), 1300);
  if (process.argv[2] === "done") process.exit(0);
  if (!isBusy) return;
  terminal.print("busy");
  const end = performance.now() + 2000;
  while (performance.now() < end);
});
terminal.print("ready");
terminal.show({ activity: "working" });
setInterval(() => {}, 1000);
// Answers show that whatever was sent before has been heard.
createInterface({ input: process.stdin }).on("line", (line) => terminal.print(`heard ${line}`));
