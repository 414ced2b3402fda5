/** The only place where configs meet the file system: JSON or YAML in, plain values out. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { parse as parseYaml, YAMLParseError } from "yaml";
import type { z } from "zod";
import { findDuplicateJsonKey } from "../utils/duplicate_json_key.ts";
import { ConfigError } from "./error.ts";
import { applyOverrides, parseOverrides } from "./overrides.ts";
import { parseConfig } from "./parse.ts";

/**
 * Reads a `.json`, `.yaml` or `.yml` file.
 *
 * @throws ConfigError for a missing file, another extension or bad syntax (with its line).
 */
export async function readConfigFile(path: string): Promise<unknown> {
  const extension = extname(path).toLowerCase();
  if (![".json", ".yaml", ".yml"].includes(extension)) {
    throw fileError(path, `a config file ends in .json, .yaml or .yml, not in "${extension}"`);
  }
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw fileError(path, code === "ENOENT" ? "no such file" : (cause as Error).message, cause);
  }
  return extension === ".json" ? readJson(path, text) : readYaml(path, text);
}

export interface LoadOptions {
  /** Arguments such as `--algorithm.discount=0.97`, applied on top of the file. */
  readonly overrides?: readonly string[];
  /** Applied to the file's content first, for configs of older versions. */
  readonly migrate?: (config: unknown) => unknown;
  /** Sees the values before the schema does: plug-ins that the file names register their types here. */
  readonly beforeParse?: (config: unknown) => Promise<void>;
}

/**
 * File, then overrides, then the schema with its defaults.
 *
 * @throws ConfigError that lists every problem and names the file.
 */
export async function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  { overrides = [], migrate = (config) => config, beforeParse }: LoadOptions = {},
): Promise<z.output<Schema>> {
  const config = applyOverrides(migrate(await readConfigFile(path)), parseOverrides(overrides));
  await beforeParse?.(config);
  const source = overrides.length === 0 ? path : `${path} with ${overrides.join(" ")}`;
  return parseConfig(schema, config, source);
}

function readJson(path: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const { message } = cause as SyntaxError;
    const offset = /at position (\d+)/.exec(message)?.[1];
    const line = offset === undefined ? "" : `line ${text.slice(0, Number(offset)).split("\n").length}: `;
    throw fileError(path, `not valid JSON: ${line}${message.replace(/ in JSON at position.*/, "")}`, cause);
  }
  // JSON.parse would keep the last one without a word, as would a person who reads the first.
  const repeated = findDuplicateJsonKey(text);
  if (repeated !== undefined) throw fileError(path, `the key "${repeated}" occurs twice in the same object`);
  return value;
}

function readYaml(path: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    if (!(cause instanceof YAMLParseError)) throw cause;
    throw fileError(path, `not valid YAML: ${cause.message}`, cause);
  }
}

function fileError(path: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: "", message }], path, { cause });
}
