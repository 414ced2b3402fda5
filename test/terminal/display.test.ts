/** The one display of all commands, in a pseudo-terminal: what the screen shows. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { program } from "../build.ts";
import { PseudoTerminal } from "./pseudo_terminal.ts";

const PROCESS = program("terminal/processes/display");
const ADDRESS = "dashboard on http://127.0.0.1:8765/?token=abcdefghijklmnopqrstuvwxyz012345";

let terminal: PseudoTerminal;

/** The display's process; what it is given on its standard input is not echoed. */
async function open(columns: number, preparation = ""): Promise<void> {
  const command = `${preparation}stty -echo; exec "${process.execPath}" "${PROCESS}"`;
  terminal = new PseudoTerminal("/bin/sh", ["-c", command], { columns });
  await terminal.until(/ready/);
}

function send(method: string, ...args: unknown[]): void {
  terminal.press(`${JSON.stringify([method, ...args])}\n`);
}

afterEach(() => terminal.kill());

describe.each([30, 40, 80, 200])("in a terminal of %i columns", (columns) => {
  beforeEach(() => open(columns));

  it("keeps what is printed above the status, whole and in order, whoever prints it", async () => {
    for (let i = 1; i <= 3; i++) {
      send("show", 1000 * i);
      await terminal.until(new RegExp(`\\b${i}000/60000 steps`));
      if (i === 1) send("print", ADDRESS);
      if (i === 2) send("log", "a plug-in's own words");
      if (i === 3) send("warn", "an experimental feature");
    }
    send("result", "the result\non two lines");
    await terminal.until(/on two lines\n.*3000\/60000/);
    const printed = terminal.lines.filter((line) => !/\d+\/60000 steps|^$/.test(line));
    expect(printed).toEqual([
      "ready",
      ADDRESS,
      "a plug-in's own words",
      "Warning: an experimental feature",
      "the result",
      "on two lines",
    ]);
    // One status, on one row, with the cursor on the row below.
    const statuses = terminal.screenRows.filter((row) => row.includes("steps"));
    expect(statuses).toHaveLength(1);
    expect(statuses[0]!.length).toBeLessThan(columns);
    if (columns >= 80) expect(statuses[0]).toMatch(/105 updates\/s.*12:05 left/);
    if (columns >= 200) expect(statuses[0]).toMatch(/█+░+ 3000\/60000.*84 % solved alone.*12 % steered/);
    expect(terminal.cursor).toEqual({ column: 0, line: "" });

    send("end");
    send("print", "the last line");
    await terminal.until(/the last line/);
    expect(terminal.text).not.toContain("60000 steps");
    expect(terminal.lines.filter(Boolean).at(-1)).toBe("the last line");
  });
});

describe("in a terminal", () => {
  beforeEach(() => open(80));

  it("follows a window that is made narrower and wider", async () => {
    send("print", ADDRESS);
    send("show", 1000);
    await terminal.until(/1000\/60000/);
    for (const columns of [40, 25, 120, 33, 80]) {
      terminal.resize(columns);
      await terminal.until(({ screenRows }) => screenRows.filter((row) => row.includes("steps")).length === 1);
      send("show", columns);
      await terminal.until(new RegExp(`\\b${columns}/60000`));
    }
    send("print", "after it");
    await terminal.until(/after it/);
    expect(terminal.lines.filter(Boolean).slice(0, -1)).toEqual(["ready", ADDRESS, "after it"]);
  });

  it("waits with the status until somebody else's line has ended", async () => {
    send("show", 1000);
    send("write", "loading");
    send("show", 2000);
    send("write", " … done\n");
    await terminal.until(/2000\/60000/);
    expect(terminal.lines.filter(Boolean).slice(0, -1)).toEqual(["ready", "loading … done"]);
  });

  it("shows control characters instead of obeying them", async () => {
    send("show", 1000);
    send("print", "warn: \u001b[2J\u001b]0;title\u0007gone\u009b5A");
    await terminal.until(/gone/);
    expect(terminal.text).toContain("warn: \\u001b[2J\\u001b]0;title\\u0007gone\\u009b5A");
    expect(terminal.text).toContain("ready");
  });

  it.each([
    ["an exception", "throw"],
    ["a rejection", "reject"],
  ])("ends with one line and a tidy terminal after %s that nobody caught", async (_, method) => {
    send("show", 1000);
    await terminal.until(/1000\/60000/);
    send(method, "the gripper came off");
    expect((await terminal.exited).code).toBe(1);
    expect(terminal.lines.filter(Boolean)).toEqual(["ready", "error: the gripper came off"]);
    expect(terminal).toMatchObject({ wrapsLines: true, showsCursor: true, cursor: { column: 0, line: "" } });
  });

  it("needs no repair when it is killed", async () => {
    send("show", 1000);
    await terminal.until(/1000\/60000/);
    process.kill(terminal.pid, "SIGKILL");
    await terminal.exited;
    expect(terminal).toMatchObject({ wrapsLines: true, showsCursor: true, cursor: { column: 0, line: "" } });
  });
});

it.each(["dumb", ""])("sends no control sequence to a terminal whose TERM is %j", async (TERM) => {
  await open(80, `export TERM="${TERM}"; `);
  send("show", 1000);
  send("print", "a note");
  await terminal.until(/a note/);
  expect(terminal.raw).not.toContain("\u001b");
});

it("prints plain lines where output is not a terminal", async () => {
  const run = promisify(execFile)(process.execPath, [PROCESS]);
  const lines = [
    ["show", 1000],
    ["print", "a note\u001b[2J"],
    ["result", "the result"],
    ["show", 2000],
  ];
  run.child.stdin!.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const { stdout, stderr } = await run;
  expect(stdout).toBe("the result\n");
  expect(stderr).toBe("ready\na note\\u001b[2J\n");
  // Nothing is open in a terminal, so that nothing is to be closed.
  terminal = { kill: async () => {} } as PseudoTerminal;
});
