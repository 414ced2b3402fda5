import { mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { describeSystemError } from "./system_error.ts";

const folder = mkdtempSync(join(tmpdir(), "handrail-system-error-"));
const file = join(folder, "a file");
writeFileSync(file, "");
symlinkSync("loop", join(folder, "loop"));
symlinkSync("nowhere", join(folder, "dangling"));
afterAll(() => rmSync(folder, { recursive: true }));

it.each<[what: string, action: () => unknown, message: string]>([
  [
    "a folder below a file",
    () => readdirSync(join(file, "checkpoints", "last")),
    `${file} is a file, and a folder is needed: name another (ENOTDIR)`,
  ],
  [
    "a new folder below a file",
    () => mkdirSync(join(file, "run"), { recursive: true }),
    `${file} is a file, and a folder is needed: name another (ENOTDIR)`,
  ],
  [
    "a folder below a device",
    () => readdirSync("/dev/null/checkpoints"),
    "/dev/null is a file, and a folder is needed: name another (ENOTDIR)",
  ],
  [
    "a new folder in place of a file",
    () => mkdirSync(file),
    `${file} is a file, and a folder is needed: name another (EEXIST)`,
  ],
  [
    "a new folder in place of a link to nothing",
    () => mkdirSync(join(folder, "dangling")),
    `${join(folder, "dangling")} is a link that leads nowhere: name another place (EEXIST)`,
  ],
  [
    "a new folder where none can be",
    () => mkdirSync(join(folder, "missing", "run")),
    `${join(folder, "missing", "run")} cannot be made: ${join(folder, "missing")} takes no folders: name another place (ENOENT)`,
  ],
  [
    "a folder for a file",
    () => openSync(folder, "w"),
    `${folder} is a folder, and a file is needed: name another (EISDIR)`,
  ],
  ["nothing", () => openSync(join(folder, "b"), "r"), `${join(folder, "b")} does not exist (ENOENT)`],
  [
    "a link to itself",
    () => openSync(join(folder, "loop"), "r"),
    `${join(folder, "loop")} is a chain of links that leads nowhere: name another place (ELOOP)`,
  ],
  [
    "a long name",
    () => openSync(join(folder, "x".repeat(300)), "r"),
    `${join(folder, "x".repeat(300))} has too long a name: shorten it (ENAMETOOLONG)`,
  ],
])("names the path in the way, and what to do: %s", (_, action, message) => {
  expect(messageOf(action)).toBe(message);
});

it("leaves an explained error unchanged", () => {
  const own = "no room for 3 MB in /runs (ENOSPC: no space left on device, write)";
  expect(describeSystemError(new Error(own))).toBe(own);
  expect(describeSystemError(new Error("else"))).toBe("else");
});

it("names the limit to raise for too many open files", () => {
  expect(describeSystemError(new Error("EMFILE: too many open files, open 'a'"))).toContain("ulimit -n");
  // Node's error for a library that it cannot open.
  const library = join(folder, "node_modules", "@some", "library");
  const missing = new Error(`Cannot find module '${join(library, "part")}' imported from /b.js`);
  expect(describeSystemError(missing)).toBe(missing.message);
  mkdirSync(library, { recursive: true });
  expect(describeSystemError(missing)).toContain("ulimit -n");
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return describeSystemError(error as Error);
  }
  return "nothing was refused";
}
