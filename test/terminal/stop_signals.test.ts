/** One mechanism for every way in which a command is told to end. */
import { afterEach, expect, it } from "vitest";
import { program } from "../build.ts";
import { PseudoTerminal } from "./pseudo_terminal.ts";

const PROCESS = program("terminal/processes/stopping");

let terminal: PseudoTerminal;
async function open(...args: string[]): Promise<void> {
  terminal = new PseudoTerminal(process.execPath, [PROCESS, ...args]);
  await terminal.until(/ready\n.*working/);
}
afterEach(() => terminal.kill());

async function heard(word: string): Promise<void> {
  terminal.press(`${word}\n`);
  await terminal.until(new RegExp(`heard ${word}`));
}

const TIDY = { wrapsLines: true, showsCursor: true, cursor: { column: 0, line: "" } };

it("takes what parents relay for the one signal it is, and stops at once when Ctrl-C is pressed again", async () => {
  await open();
  terminal.pressCtrlC();
  await terminal.until(/SIGINT: saving everything; repeat to stop immediately\n[\s\S]*saving …/);
  process.kill(terminal.pid, "SIGINT");
  process.kill(terminal.pid, "SIGTERM");
  process.kill(terminal.pid, "SIGHUP");
  await heard("one");
  await terminal.until(/time has passed/);
  // A hang-up is repeated by shells, whenever they like.
  process.kill(terminal.pid, "SIGHUP");
  await heard("two");
  terminal.pressCtrlC();
  expect(await terminal.exited).toEqual({ code: 0, signal: 2 });
  expect(terminal).toMatchObject(TIDY);
});

it("takes it for one signal however long its thread is busy", async () => {
  await open("busy");
  terminal.pressCtrlC();
  await terminal.until(/busy/);
  process.kill(terminal.pid, "SIGINT");
  process.kill(terminal.pid, "SIGTERM");
  await terminal.until(/time has passed/);
  // The first answer may come before the signals of that time are heard, the second one comes after.
  await heard("one");
  await heard("two");
  terminal.pressCtrlC();
  expect(await terminal.exited).toEqual({ code: 0, signal: 2 });
  expect(terminal).toMatchObject(TIDY);
});

it("carries on with saving when its terminal is closed", async () => {
  await open();
  terminal.hangUp();
  // It never gets done with saving, so it is still there when the same signal comes again.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(terminal.signalAll("SIGHUP")).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(terminal.signalAll(0)).toBe(true);
});

it("ends without a core dump when its terminal was closed", async () => {
  await open("done");
  terminal.hangUp();
  // Node gives a terminal its settings back at the end, and aborts (SIGABRT, 6) where there is none any more.
  expect(await terminal.exited).toEqual({ code: 0, signal: 1 });
});
