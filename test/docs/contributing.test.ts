/** CONTRIBUTING.md against the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8");
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };

it("CONTRIBUTING.md says what is in each room", () => {
  const described = [...page.matchAll(/^\| `([a-z]+)` \|/gm)].map(([, room]) => room!);
  const rooms = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(described.sort()).toEqual(rooms.map(({ name }) => name).sort());
});

it("CONTRIBUTING.md names commands and files that exist", () => {
  const commands = [...page.matchAll(/npm run ([a-z:-]+)/g)].map(([, name]) => name!);
  expect(commands.length).toBeGreaterThan(5);
  expect(commands.filter((name) => !(name in scripts))).toEqual([]);
  const paths = [...page.matchAll(/`((?:src|test|docs|configs)\/[^`]*|\.[a-z]+[^`]*)`/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(10);
  expect(paths.filter((path) => !path.includes("NAME") && !existsSync(join(ROOT, path)))).toEqual([]);
});
