/** Reads config files: JSON or YAML in, plain values out. */
import { readdir } from "node:fs/promises";
import { extname, join } from "node:path";
import type { z } from "zod";
import { readTextFile } from "../utils/files/text_file.ts";
import { abbreviate } from "../utils/text/abbreviate.ts";
import { ConfigError } from "./error.ts";
import { parseJson } from "./json.ts";
import { applyOverrides, parseOverrides } from "./overrides/overrides.ts";
import { parseConfig } from "./parse.ts";
import { isPlainObject } from "./path.ts";
import { parseYaml } from "./yaml.ts";

const MEBIBYTE = 2 ** 20;
/** A resolved config has about 10 kB. The YAML parser takes about 50 times as long as JSON's. */
const MAX_BYTES: Readonly<Record<string, number>> = {
  ".json": 8 * MEBIBYTE,
  ".yaml": MEBIBYTE / 8,
  ".yml": MEBIBYTE / 8,
};

/**
 * Reads a `.json`, `.yaml` or `.yml` file.
 *
 * @throws ConfigError for a missing file, another extension, something that is not an object, or bad syntax (with its
 *   line).
 */
export async function readConfigFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  const extension = extname(path).toLowerCase();
  const maxBytes = MAX_BYTES[extension];
  if (maxBytes === undefined) {
    const content = await readdir(path).catch(() => undefined);
    if (content !== undefined) throw fileError(path, folderAdvice(path, content));
    throw fileError(path, `a config file ends in .json, .yaml or .yml, not in "${extension}"`);
  }
  const text = await readTextFile(path, maxBytes).catch((cause: Error) => {
    throw fileError(path, cause.message, cause);
  });
  if (text.trim() === "") throw fileError(path, "is empty");
  const value = extension === ".json" ? readJson(path, text) : readYaml(path, text);
  if (isPlainObject(value)) return value;
  if (value === undefined) throw fileError(path, "holds nothing but comments");
  const kind = Array.isArray(value) ? "a list" : value === null ? "null" : `a ${typeof value}`;
  throw fileError(path, `a config is an object with keys such as "policy" and "env"; this file holds ${kind}`);
}

const MAX_SHOWN_CONFIGS = 3;

function folderAdvice(path: string, content: readonly string[]): string {
  const configs = content.filter((name) => extname(name).toLowerCase() in MAX_BYTES).sort();
  // A run's folder also holds JSON files that are not configs.
  const shown = configs.includes("train_config.json") ? ["train_config.json"] : configs.slice(0, MAX_SHOWN_CONFIGS);
  if (shown.length === 0) return "is a folder without a config in it: name a .json, .yaml or .yml file";
  return `is a folder: name a config in it, such as ${shown.map((name) => join(path, name)).join(" or ")}`;
}

const MAX_SHOWN_OVERRIDES = 200;

export interface LoadOptions {
  /** Arguments such as `--algorithm.discount=0.97`, applied on top of the file. */
  readonly overrides?: readonly string[];
  /** Applied to the file's content first, to migrate configs of older versions. */
  readonly migrate?: (config: unknown) => unknown;
  /** Called with the values before the schema is applied: plug-ins that the file names register their types here. */
  readonly beforeParse?: (config: unknown) => Promise<void>;
}

/**
 * Reads the file, applies the overrides, then parses with the schema and its defaults.
 *
 * @throws ConfigError that lists every problem and names the file.
 */
export async function loadConfig<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
  { overrides = [], migrate = (config) => config, beforeParse }: LoadOptions = {},
): Promise<z.output<Schema>> {
  const given = parseOverrides(overrides);
  const { $schema: _, ...written } = await readConfigFile(path);
  const file = migrate(written);
  if (beforeParse !== undefined) await beforeParse(applyOverrides(file, given, schema));
  // The types must be registered before overrides can be read by their keys' schemas.
  const config = applyOverrides(file, given, schema);
  const source = overrides.length === 0 ? path : `${path} with ${abbreviate(overrides.join(" "), MAX_SHOWN_OVERRIDES)}`;
  return parseConfig(schema, config, source);
}

function readJson(path: string, text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw fileError(path, `not valid JSON: ${(cause as Error).message}`, cause);
  }
}

function readYaml(path: string, text: string): unknown {
  try {
    return parseYaml(text);
  } catch (cause) {
    throw fileError(path, `not valid YAML: ${(cause as Error).message}`, cause);
  }
}

function fileError(path: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: "", message }], path, { cause });
}
