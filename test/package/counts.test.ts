/** The numbers of `npm run counts` that hold today stay. */
import { expect, test } from "vitest";
import { counts, isExceeded } from "../../scripts/counts.ts";

const sources = (files: Readonly<Record<string, string>>) => new Map(Object.entries(files));
const found = (name: string, files: Readonly<Record<string, string>>) =>
  counts(sources(files)).find((count) => count.name.startsWith(name))!.found;

test("no limit is exceeded but those that are marked as not reached yet", () => {
  const exceeded = counts().filter((count) => isExceeded(count));
  expect(exceeded).toEqual([]);
});

test('"handrail" exports at most 80 names', () => {
  const names = counts().find(({ name }) => name.includes('"handrail"'))!.found!;
  expect(names).toContain("registerAlgorithm");
  expect(names).toContain("Env");
  expect(names.length).toBeLessThanOrEqual(80);
});

test("an arrow between the two sides is found, of a type too", () => {
  const files = {
    "src/rollout/actor.ts": 'import type { Learner } from "../learning/learner.ts";',
    "src/learning/learner.ts": "export interface Learner {}",
  };
  expect(found("arrows", files)).toEqual(["src/rollout/actor.ts → src/learning/learner.ts"]);
});

test("a circle of imports is found, and what only leads to it is not part of it", () => {
  const files = {
    "src/a.ts": 'import "./b.ts";',
    "src/b.ts": 'import type { C } from "./c.ts";',
    "src/c.ts": 'export const load = () => import("./b.ts");',
  };
  expect(found("import circles", files)).toEqual(["src/b.ts, src/c.ts"]);
});

test("a policy is named outside its home, and an environment recognised by its class", () => {
  const files = {
    "src/policies/tiny/policy.ts": "export class TinyPolicy {}",
    "src/envs/room.ts": "export class Room implements Env {}",
    "src/runs/run.ts": "const policy = new TinyPolicy();\nif (env instanceof Room) watch(env);",
  };
  expect(found("lines with a concrete policy", files)).toEqual(["src/runs/run.ts:1: const policy = new TinyPolicy();"]);
  expect(found("instanceof", files)).toEqual(["src/runs/run.ts:2: if (env instanceof Room) watch(env);"]);
});

test("a folder with 16 files is crowded, with 15 it is not", () => {
  const folder = (name: string, size: number) =>
    Object.fromEntries(Array.from({ length: size }, (_, i) => [`src/${name}/${i}.ts`, ""]));
  expect(found("folders", { ...folder("full", 15), ...folder("crowded", 16) })).toEqual(["src/crowded: 16"]);
});
