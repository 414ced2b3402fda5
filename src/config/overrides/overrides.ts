/**
 * Command-line overrides in draccus's style: `--a.b.c=value`. The key decides how the value is read: text is taken as typed;
 * numbers, true, false, null, lists and objects are parsed if the key takes them.
 */
import { z } from "zod";
import { abbreviate } from "../../utils/text/abbreviate.ts";
import { ConfigError } from "../error.ts";
import { type ConfigPath, formatPath, isPlainObject, parsePath, valueAt } from "../path.ts";
import { registryOf } from "../schema/registry.ts";
import { schemasAt } from "../schema/schema_walk.ts";
import { readOverrideValue } from "./override_value.ts";

export interface Override {
  readonly path: ConfigPath;
  /** As typed. */
  readonly text: string;
  /** The whole argument, for messages. */
  readonly argument: string;
}

/** Deeper than any config. */
const MAX_PATH = 32;

/**
 * Reads `--path=value` and `--path value` arguments.
 *
 * @throws ConfigError for an argument that is neither, a path that cannot be read, or an empty value.
 */
export function parseOverrides(args: readonly string[]): Override[] {
  const overrides: Override[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]!;
    if (!argument.startsWith("--") || argument === "--") {
      throw problem(argument, "expected an override such as --algorithm.discount=0.97");
    }
    const body = argument.slice(2);
    const equals = body.indexOf("=");
    const key = equals < 0 ? body : body.slice(0, equals);
    let text = body.slice(equals + 1);
    if (equals < 0) {
      const next = args[i + 1];
      if (next === undefined || next.startsWith("--")) throw problem(argument, `needs a value: ${argument}=…`);
      text = next;
      i += 1;
    }
    if (text.trim() === "") throw problem(argument, `has no value. Leave it out, or write --${key}=null for none`);
    overrides.push({ path: readPath(argument, key), text, argument: equals < 0 ? `${argument} ${text}` : argument });
  }
  return overrides;
}

function readPath(argument: string, text: string): ConfigPath {
  let path: ConfigPath;
  try {
    path = parsePath(text);
  } catch (error) {
    throw problem(argument, abbreviate((error as Error).message, 200));
  }
  if (path.length > MAX_PATH) throw problem(argument, `has ${path.length} keys in its path, more than any config`);
  return path;
}

function problem(argument: string, message: string): ConfigError {
  return new ConfigError([{ path: "", message }], abbreviate(argument, 200));
}

/**
 * A copy of `config` with the overrides applied. Changing a `type` empties its object first, since the old type's values
 * mean nothing to the new one; those overrides are applied first, so the order on the command line does not matter.
 *
 * @param schema Types of the keys. Default: types are inferred from the values.
 * @throws ConfigError naming the argument, when a path leads through something that is not an object, or for a list or an
 *   object that cannot be read.
 */
export function applyOverrides(config: unknown, overrides: readonly Override[], schema?: z.ZodType): unknown {
  const isType = ({ path }: Override) => path.at(-1) === "type";
  const byDepth = (a: Override, b: Override) => a.path.length - b.path.length;
  const ordered = [...overrides.filter(isType).sort(byDepth), ...overrides.filter((override) => !isType(override))];
  return ordered.reduce((result, override) => {
    const parent = override.path.slice(0, -1);
    const changesType =
      isType(override) &&
      valueAt(result, override.path) !== override.text &&
      (schema === undefined || isChosenByType(schema, result, parent));
    if (changesType) return set(result, parent, { type: override.text }, 0);
    return set(result, override.path, readValue(override, result, schema), 0);
  }, config);
}

/** Whether the other fields of the object depend on its type: not those of a feature such as `{type, shape}`. */
function isChosenByType(schema: z.ZodType, config: unknown, path: ConfigPath): boolean {
  const forms = schemasAt(schema, config, path);
  return forms.length === 0 || forms.some((form) => registryOf(form) !== undefined || isLoose(form));
}

function isLoose(form: z.core.$ZodType): boolean {
  const { def } = (form as z.core.$ZodTypes)._zod;
  return def.type === "object" && def.catchall?._zod.def.type === "unknown";
}

const ANYTHING = z.unknown();

function readValue({ path, text, argument }: Override, config: unknown, schema: z.ZodType | undefined): unknown {
  const forms = schema === undefined ? [ANYTHING] : schemasAt(schema, config, path);
  try {
    return readOverrideValue(forms, text);
  } catch (cause) {
    const name = argument.slice(0, Math.max(0, argument.length - text.length));
    const examples = `Write it in quotes, such as ${name}'[0, 1]' or ${name}'{"key": 1}'`;
    throw problem(argument, `${(cause as Error).message}. ${examples}`);
  }
}

function set(node: unknown, path: ConfigPath, value: unknown, depth: number): unknown {
  const part = path[depth];
  if (part === undefined) return value;
  if (Array.isArray(node) && typeof part === "number" && part <= node.length) {
    const copy = [...node];
    copy[part] = set(node[part], path, value, depth + 1);
    return copy;
  }
  if (node !== undefined && node !== null && !isPlainObject(node)) {
    const message = `cannot be set: "${formatPath(path.slice(0, depth))}" is not an object`;
    throw new ConfigError([{ path: formatPath(path), message }]);
  }
  return { ...node, [part]: set(node?.[part], path, value, depth + 1) };
}
