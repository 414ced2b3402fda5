import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);

it("every difference names a test that exists", async () => {
  const page = await readFile(new URL("docs/differences.md", ROOT), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| ") && line.split(" | ").length === 4);
  const guarded = rows.filter((row) => !row.includes("guarded by"));
  expect(guarded.length).toBeGreaterThan(30);
  for (const row of guarded) {
    const tests = [...row.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path]) => path!);
    expect(tests.length, row).toBeGreaterThan(0);
    for (const path of tests) expect(existsSync(new URL(path, ROOT)), path).toBe(true);
  }
});
