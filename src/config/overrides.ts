/**
 * Command-line overrides in draccus's manner: `--a.b.c=value`. Values are YAML, so `true`, `1e-4`, `null`, `[256, 256]`
 * and plain words mean what they look like.
 */
import { parse as parseYaml, YAMLParseError } from "yaml";
import { ConfigError } from "./error.ts";
import { type ConfigPath, formatPath, isPlainObject, parsePath, valueAt } from "./path.ts";

export interface Override {
  readonly path: ConfigPath;
  readonly value: unknown;
}

/**
 * Reads `--path=value` and `--path value` arguments.
 *
 * @throws ConfigError for an argument that is neither, a path that cannot be read, or a value that is not YAML.
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
    let text = body.slice(equals + 1);
    if (equals < 0) {
      const next = args[i + 1];
      if (next === undefined || next.startsWith("--")) throw problem(argument, `needs a value: ${argument}=…`);
      text = next;
      i += 1;
    }
    overrides.push({
      path: readPath(argument, equals < 0 ? body : body.slice(0, equals)),
      value: readValue(argument, text),
    });
  }
  return overrides;
}

function readPath(argument: string, text: string): ConfigPath {
  try {
    return parsePath(text);
  } catch (error) {
    throw problem(argument, (error as Error).message);
  }
}

function readValue(argument: string, text: string): unknown {
  try {
    return text === "" ? "" : parseYaml(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw problem(argument, `the value is not YAML: ${error.message.split("\n")[0]}. Quote it if it is text`);
  }
}

function problem(argument: string, message: string): ConfigError {
  return new ConfigError([{ path: "", message }], argument);
}

/**
 * A copy of `config` with the overrides in place. Changing a `type` empties its object first, since the old type's
 * values mean nothing to the new one; such overrides go first, so the order on the command line does not matter.
 *
 * @throws ConfigError when a path leads through something that is not an object.
 */
export function applyOverrides(config: unknown, overrides: readonly Override[]): unknown {
  const isType = ({ path }: Override) => path.at(-1) === "type";
  const byDepth = (a: Override, b: Override) => a.path.length - b.path.length;
  const ordered = [...overrides.filter(isType).sort(byDepth), ...overrides.filter((override) => !isType(override))];
  return ordered.reduce((result, override) => {
    const parent = override.path.slice(0, -1);
    const changesType = isType(override) && valueAt(result, override.path) !== override.value;
    if (changesType) return set(result, parent, { type: override.value }, 0);
    return set(result, override.path, override.value, 0);
  }, config);
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
