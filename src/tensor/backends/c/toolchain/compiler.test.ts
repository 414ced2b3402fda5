import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { compilerFiles } from "./compiler.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handrail-compilers-"));
  vi.stubEnv("CC", "");
  vi.stubEnv("PATH", folder);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test("a compiler is another one when its file changes, also behind a link", () => {
  expect(compilerFiles()).toBe("");
  writeFileSync(join(folder, "gcc-12"), "twelve");
  symlinkSync("gcc-12", join(folder, "cc"));
  const before = compilerFiles();
  expect(before).toMatch(/gcc-12 6 \d+/);
  expect(compilerFiles()).toBe(before);
  writeFileSync(join(folder, "gcc-12"), "twelve and more");
  expect(compilerFiles()).not.toBe(before);
});

test("only those of CC count where it is set, by name or path, with the compiler behind a launcher", () => {
  for (const name of ["cc", "gcc", "ccache"]) writeFileSync(join(folder, name), name);
  const names = () => compilerFiles().match(/\w+(?= \d+ )/g);
  expect(names()).toEqual(["cc", "gcc"]);
  vi.stubEnv("CC", join(folder, "gcc"));
  expect(names()).toEqual(["gcc"]);
  vi.stubEnv("CC", "ccache gcc -m64");
  expect(names()).toEqual(["ccache", "gcc"]);
});

test("folders of the PATH that are none, and folders of a compiler's name, are passed over", () => {
  mkdirSync(join(folder, "cc"));
  writeFileSync(join(folder, "gcc"), "");
  vi.stubEnv("PATH", [join(folder, "gcc"), join(folder, "nowhere"), folder].join(delimiter));
  expect(compilerFiles()).toMatch(/^\S+gcc 0 \S+$/);
});
