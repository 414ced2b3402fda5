/** A display whose commands come on the standard input, one line of JSON each: a method and its arguments. */
import { createInterface } from "node:readline";
import { failOn } from "../../../src/cli/failure.ts";
import { progress } from "../../../src/cli/terminal/status.ts";
import { surviveLostOutput, terminal } from "../../../src/cli/terminal/terminal.ts";

surviveLostOutput();
failOn(process);
const METHODS: Readonly<Record<string, (...args: never[]) => unknown>> = {
  print: (text: string) => terminal.print(text),
  result: (text: string) => terminal.result(text),
  show: (done: number) =>
    terminal.show({
      ...progress("learning", done, 60_000, "steps"),
      details: ["105 updates/s", "at most 12:05 left", "84 % solved alone", "12 % steered by the operator"],
    }),
  log: (text: string) => console.log(text),
  write: (text: string) => process.stdout.write(text),
  warn: (text: string) => process.emitWarning(text),
  throw: (text: string) => {
    setTimeout(() => {
      throw new Error(text);
    });
  },
  reject: (text: string) => void Promise.reject(new Error(text)),
  end: () => terminal.end(),
};
terminal.print("ready");
createInterface({ input: process.stdin }).on("line", (line) => {
  const [method, ...args] = JSON.parse(line);
  METHODS[method]!(...(args as never[]));
});
