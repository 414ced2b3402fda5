import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { ConfigError } from "./error.ts";
import { loadConfig, readConfigFile } from "./load.ts";

const schema = z.strictObject({
  seed: z.int().default(1000),
  env: z.strictObject({ fps: z.number().default(30) }).prefault({}),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

test("JSON and YAML files give the same config", async () => {
  const json = await file("a.json", '{"seed": 3, "env": {"fps": 10}}');
  const yaml = await file("a.yaml", "seed: 3\nenv:\n  fps: 10 # Hz\n");
  expect(await loadConfig(schema, json)).toEqual({ seed: 3, env: { fps: 10 } });
  expect(await loadConfig(schema, yaml)).toEqual({ seed: 3, env: { fps: 10 } });
});

test("overrides come after the file and before the defaults", async () => {
  const path = await file("b.json", '{"seed": 3}');
  expect(await loadConfig(schema, path, { overrides: ["--seed=5"] })).toEqual({ seed: 5, env: { fps: 30 } });
});

test("a problem names the file and the overrides it came with", async () => {
  const path = await file("c.json", "{}");
  const error = await loadConfig(schema, path, { overrides: ["--env.fsp=5"] }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).path).toBe("env.fsp");
  expect((error as ConfigError).message).toBe(`${path} with --env.fsp=5: env.fsp: unknown key. Did you mean "fps"?`);
});

test("broken syntax is reported with its line", async () => {
  const json = await file("d.json", '{\n  "seed": 3,\n}');
  const yaml = await file("d.yml", "seed: 3\nenv: [1, 2\n");
  await expect(readConfigFile(json)).rejects.toThrow(`${json}: not valid JSON: line 3`);
  await expect(readConfigFile(yaml)).rejects.toThrow(/d\.yml: not valid YAML: .*line 3/s);
});

test("a key that occurs twice is refused in JSON as in YAML", async () => {
  const json = await file("twice.json", '{"seed": 3, "seed": 4}');
  const yaml = await file("twice.yaml", "seed: 3\nseed: 4\n");
  await expect(readConfigFile(json)).rejects.toThrow(/line 1, column \d+: the key "seed" occurs twice/);
  await expect(readConfigFile(yaml)).rejects.toThrow('the key "seed" occurs twice');
});

test("for a folder, the error lists its configs, the run's own first", async () => {
  const run = join(folder, "run");
  await mkdir(run);
  await expect(readConfigFile(run)).rejects.toThrow(`${run}: is a folder without a config in it`);
  await writeFile(join(run, "b.yaml"), "");
  await writeFile(join(run, "evaluation.json"), "");
  await expect(readConfigFile(run)).rejects.toThrow(
    `name a config in it, such as ${join(run, "b.yaml")} or ${join(run, "evaluation.json")}`,
  );
  await writeFile(join(run, "train_config.json"), "");
  await expect(readConfigFile(run)).rejects.toThrow(`such as ${join(run, "train_config.json")}`);
});

test("a missing file and a foreign extension are named", async () => {
  await expect(readConfigFile(join(folder, "none.json"))).rejects.toThrow("none.json: no such file");
  await expect(readConfigFile(join(folder, "a.toml"))).rejects.toThrow('ends in .json, .yaml or .yml, not in ".toml"');
});

test.each([
  ['{\n  "a": 1, // why\n  "b": 2\n}', "line 2, column 11", "JSON has no comments", "YAML (.yaml)"],
  ['{"a": 1} # why', "line 1, column 10", "JSON has no comments"],
  ['{"a": 1, /* why */ "b": 2}', "line 1, column 10", "JSON has no comments"],
  ['{"a": [1, 2,\n]}', "line 2, column 1", 'delete the comma before "]"'],
  ['{"a": 1,\n}', "line 2, column 1", 'delete the comma before "}"'],
  ['{"a": [NaN]}', "line 1, column 8", "NaN is not a JSON number"],
  ['{"a": -Infinity}', "line 1, column 7", "-Infinity is not a JSON number"],
  ['{"a": True}', "line 1, column 7", "True is Python's. Write true"],
  ["{'a': 1}", "line 1, column 2", "double quotes"],
  ["{a: 1}", "line 1, column 2", "double quotes"],
  ['{"a": 1 "b": 2}', "line 1, column 9", '"," is missing'],
  ['{"a" 1}', "line 1, column 6", 'expected ":"'],
  ['{"a": 1', "line 1, column 8", "the text ends"],
  ['{"a": 1}}', "line 1, column 9", "expected the end"],
  ['{"a": 010}', "line 1, column 7", "expected a value"],
  ['{"a": "\\x"}', "line 1, column 7", "unknown \\"],
  [`{"a": ${"[".repeat(1e5)}`, "line 1", "levels deep"],
  [`{"a": ${"[".repeat(1e5)}${"]".repeat(1e5)}}`, "levels deep"],
])("%j is not JSON: the error gives place and reason", async (text, ...expected) => {
  const path = await file("broken.json", text);
  const error = await readConfigFile(path).catch((caught: Error) => caught);
  for (const part of [path, ...expected]) expect((error as Error).message).toContain(part);
  expect((error as Error).message.length).toBeLessThan(400);
});

test.each([
  ["a:\n\tb: 1", "line 2, column 1", "Tabs"],
  ["a: !x", "line 1, column 4", "quotes"],
  ["a: !!binary x", "line 1", "quotes"],
  ["a: *x", "line 1, column 4", "quotes"],
  ["a: &x", "names nothing", "quotes"],
  ["a: b: c", "line 1, column 4", "quotes"],
  ["a: @x", "line 1, column 4", "quotes"],
  ["a: 1\n---\nb: 2", "line 2", "one document"],
  [`a: ${"[".repeat(5000)}`, "levels deep"],
  [`a: ${"- ".repeat(500)}x`, "line 1"],
  ["a: &a [*a]", "levels deep"],
  [`a: "${"\\x".repeat(100_000)}"`, "at most 131072 are read"],
])("%j is not allowed in a config: the error gives place and reason", async (text, ...expected) => {
  const path = await file("broken.yaml", text);
  const error = await readConfigFile(path).catch((caught: Error) => caught);
  for (const part of [path, ...expected]) expect((error as Error).message).toContain(part);
  expect((error as Error).message.length).toBeLessThan(400);
});

test("in YAML only decimal numbers, true, false and null are more than text", async () => {
  const words = ["007", "0x10", "0o17", "1_000", "1:30", "2026-01-01", "yes", "No", ".nan", "v1.2"];
  const path = await file(
    "words.yaml",
    `words: [${words.join(", ")}]\nothers: [1, -2.5, 1e-4, .5, true, False, null, ~]`,
  );
  expect(await readConfigFile(path)).toEqual({ words, others: [1, -2.5, 1e-4, 0.5, true, false, null, null] });
});

test("YAML keys are text even where they look like another type", async () => {
  const path = await file("keys.yaml", "007: 1\ntrue: 2\n2026: 3\n__proto__: 4\n");
  expect(Object.entries(await readConfigFile(path))).toEqual([
    ["2026", 3],
    ["007", 1],
    ["true", 2],
    ["__proto__", 4],
  ]);
});

test("text that YAML reads as a number is refused with the correct spelling", async () => {
  const named = z.strictObject({ name: z.string() });
  const path = await file("name.yaml", "name: 2026");
  await expect(loadConfig(named, path)).rejects.toThrow('name: must be a string, got 2026: put it in quotes, "2026"');
});

test("a file is read in UTF-8 and UTF-16, with and without a byte-order mark", async () => {
  const text = '{"seed": 3}';
  const swapped = Buffer.from(`\ufeff${text}`, "utf16le").swap16();
  const written = [`\ufeff${text}`, Buffer.from(`\ufeff${text}`, "utf16le"), swapped];
  for (const content of written) {
    await writeFile(join(folder, "marked.json"), content);
    expect(await readConfigFile(join(folder, "marked.json"))).toEqual({ seed: 3 });
  }
});

test.each([
  ["a list", "[1, 2]", "an object with keys", "a list"],
  ["a word", '"x"', "an object with keys", "a string"],
  ["null", "null", "holds null"],
  ["nothing", "", "is empty"],
  ["blanks", " \n", "is empty"],
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"],
  ["zero bytes", "{\0}", "zero bytes"],
])("the error for a file that holds %s says so", async (_, text, ...expected) => {
  const path = await file("odd.json", text);
  const error = await readConfigFile(path).catch((caught: Error) => caught);
  for (const part of [path, ...expected]) expect((error as Error).message).toContain(part);
});

test("comments alone, a folder and binary data are each named in the error", async () => {
  await expect(readConfigFile(await file("only.yaml", "# a\n"))).rejects.toThrow("nothing but comments");
  await mkdir(join(folder, "folder.json"));
  await expect(readConfigFile(join(folder, "folder.json"))).rejects.toThrow("folder.json: is a folder");
  await writeFile(join(folder, "bytes.json"), Buffer.from([0x7b, 0xc3, 0x28]));
  await expect(readConfigFile(join(folder, "bytes.json"))).rejects.toThrow("not text in UTF-8");
});

test("the $schema key of editors is ignored", async () => {
  const path = await file("schema.json", '{"$schema": "./train_config.schema.json", "seed": 3}');
  expect(await loadConfig(schema, path)).toEqual({ seed: 3, env: { fps: 30 } });
});

test("a config with a hundred thousand unknown keys, or a huge one, gets a short error quickly", async () => {
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key_${i}`, i]));
  const huge = { ["k".repeat(1_000_000)]: 1, env: "v".repeat(1_000_000) };
  const deep = { env: { fps: {}, ["x\u001b".repeat(1000)]: 1 } };
  for (const config of [many, huge, deep]) {
    const path = await file("large.json", JSON.stringify(config));
    const begun = process.cpuUsage();
    const error = await loadConfig(schema, path).catch((caught: unknown) => caught);
    const { user } = process.cpuUsage(begun);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message.length).toBeLessThan(20_000);
    expect((error as Error).message).not.toContain("\u001b");
    expect(user / 1e6).toBeLessThan(2);
  }
});
