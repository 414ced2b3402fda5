/** `npm run bench`: says what there is, and refuses what there is not. */
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../bench/main.ts", import.meta.url));

function bench(...args: string[]) {
  return spawnSync(process.execPath, ["--import", "tsx", MAIN, ...args], { encoding: "utf8" });
}

test("--help lists the benchmarks", () => {
  const { stdout, status } = bench("--help");
  for (const name of ["engine", "replay", "panda", "rendering", "td3", "transport"])
    expect(stdout).toContain(`\n  ${name} `);
  expect(status).toBe(0);
});

test("an unknown name is refused with the list of those that exist", () => {
  const { stderr, status } = bench("motor");
  expect(stderr).toMatch(/unknown benchmark "motor"[\s\S]*engine /);
  expect(status).toBe(1);
});

test.each([
  ["--threads", "none"],
  ["--seconds", "-1"],
  ["--threads", "0"],
])("%s %s is refused", (option, value) => {
  const { stderr, status } = bench("engine", `${option}=${value}`);
  expect(stderr).toContain(`${option} must be a positive number, got "${value}"`);
  expect(status).toBe(1);
});

test("a quick run measures, prints a table and leaves the kept results alone", () => {
  const kept = () =>
    statSync(new URL("../../docs/results/engine.json", import.meta.url), { throwIfNoEntry: false })?.mtimeMs;
  const before = kept();
  const { stdout, status } = bench("engine", "--quick", "--seconds=0.05", "--only=actor");
  expect(kept()).toBe(before);
  expect(stdout).toMatch(/actor forward, threads 1.* ms/);
  expect(stdout).toContain('"loadAverageAtStart"');
  expect(status).toBe(0);
});
