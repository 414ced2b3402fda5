import { mkdtemp, rm, writeFile } from "node:fs/promises";
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
  await expect(readConfigFile(json)).rejects.toThrow('the key "seed" occurs twice');
  await expect(readConfigFile(yaml)).rejects.toThrow("Map keys must be unique");
});

test("a missing file and a foreign extension are named", async () => {
  await expect(readConfigFile(join(folder, "none.json"))).rejects.toThrow("none.json: no such file");
  await expect(readConfigFile(join(folder, "a.toml"))).rejects.toThrow('ends in .json, .yaml or .yml, not in ".toml"');
});
