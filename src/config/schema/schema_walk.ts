/** Queries on a schema that zod lacks: the keys known at a path, and other places where a key exists. */
import { z } from "zod";
import { type ConfigPath, formatPath, isPlainObject, valueAt } from "../path.ts";
import { registryOf } from "./registry.ts";

type Schema = z.core.$ZodType;

/** The schema without the wrappers that do not change which keys it has. */
export function unwrap(schema: Schema): Schema {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return unwrap(def.innerType);
    case "lazy":
      return unwrap(def.getter());
    case "pipe":
      return registryOf(schema) === undefined ? unwrap(def.in) : schema;
    default:
      return schema;
  }
}

/** The fields of an object schema; undefined for anything else. `value` decides between registered types. */
export function fieldsOf(schema: Schema, value: unknown): Readonly<Record<string, Schema>> | undefined {
  const inner = unwrap(schema);
  const registry = registryOf(inner);
  if (registry !== undefined) {
    const type = isPlainObject(value) ? value[registry.key] : undefined;
    const chosen = typeof type === "string" ? registry.find(type) : undefined;
    return chosen === undefined ? undefined : fieldsOf(chosen, value);
  }
  const { def } = (inner as z.core.$ZodTypes)._zod;
  return def.type === "object" ? def.shape : undefined;
}

/** The keys known at `path` of a config that holds `input`; undefined if any key is allowed. */
export function knownKeysAt(root: Schema, input: unknown, path: ConfigPath): readonly string[] | undefined {
  const value = valueAt(input, path);
  const fields = schemasAt(root, input, path).map((schema) => fieldsOf(schema, value));
  return fields.every((each) => each === undefined) ? undefined : fields.flatMap((each) => Object.keys(each ?? {}));
}

const NULL = z.null();

/** The forms a value may take, one schema each: unions, `null` and wrappers are expanded. */
export function formsOf(schema: Schema): Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "nullable":
      return [...formsOf(def.innerType), NULL];
    case "optional":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return formsOf(def.innerType);
    case "union":
      return def.options.flatMap(formsOf);
    case "lazy":
      return formsOf(def.getter());
    case "pipe":
      return registryOf(schema) === undefined ? formsOf(def.in) : [schema];
    default:
      return [schema];
  }
}

/** The forms of the value at `path` of a config that holds `input`; none if the schema has no such path. */
export function schemasAt(root: Schema, input: unknown, path: ConfigPath): readonly Schema[] {
  let forms = formsOf(root);
  for (const [depth, part] of path.entries()) {
    const value = valueAt(input, path.slice(0, depth));
    forms = forms.flatMap((form) => elementOf(form, value, part)).flatMap(formsOf);
  }
  return forms;
}

/** The schema of one element or field of a value, if it has one of that name. */
export function elementOf(schema: Schema, value: unknown, part: string | number): Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "array") return [def.element];
  if (def.type === "tuple") return def.items.slice(Number(part), Number(part) + 1);
  if (def.type === "record") return [def.valueType];
  const field = fieldsOf(schema, value);
  if (field !== undefined && Object.hasOwn(field, part)) return [field[part]!];
  // A loose object accepts further keys.
  return def.type === "object" && def.catchall !== undefined && def.catchall._zod.def.type !== "never"
    ? [def.catchall]
    : [];
}

/** Every path below the root that has, or with another `type` could have, a field called `key`. */
export function pathsWithKey(root: Schema, input: unknown, key: string): readonly string[] {
  const found = new Set<string>();
  const visit = (schema: Schema, path: ConfigPath): void => {
    for (const fields of possibleFields(schema, valueAt(input, path))) {
      for (const [name, field] of Object.entries(fields)) {
        if (name === key) found.add(formatPath([...path, name]));
        visit(field, [...path, name]);
      }
    }
  };
  visit(root, []);
  return [...found];
}

function possibleFields(schema: Schema, value: unknown): Readonly<Record<string, Schema>>[] {
  const certain = fieldsOf(schema, value);
  if (certain !== undefined) return [certain];
  const types = registryOf(unwrap(schema))?.entries.values() ?? [];
  return [...types].map((type) => fieldsOf(type, value)).filter((fields) => fields !== undefined);
}

/**
 * Keys that `input` sets although Handrail ignores them: a file's settings for another program. Keys at their default,
 * which every resolved config has, are left out.
 */
export function unusedKeys(root: Schema, input: unknown): readonly string[] {
  const found: string[] = [];
  const visit = (schema: Schema, path: ConfigPath): void => {
    const value = valueAt(input, path);
    if (!isPlainObject(value)) return;
    for (const [name, field] of Object.entries(fieldsOf(schema, value) ?? {})) {
      if (!Object.hasOwn(value, name)) continue;
      if (!isUnused(field)) visit(field, [...path, name]);
      else found.push(...setKeys(field, value[name], [...path, name]).map(formatPath));
    }
  };
  visit(root, []);
  return found;
}

/** The parts of `value` that differ from the default; only its path if every key does. */
function setKeys(schema: Schema, value: unknown, path: ConfigPath): ConfigPath[] {
  if (isDefault(schema, value)) return [];
  const fields = fieldsOf(schema, value);
  if (fields === undefined || !isPlainObject(value)) return [path];
  const present = Object.keys(fields).filter((name) => Object.hasOwn(value, name));
  const set = present.map((name) => setKeys(fields[name]!, value[name], [...path, name]));
  return set.length > 0 && set.every((keys) => keys.length > 0) ? [path] : set.flat();
}

/** `value` without the ignored keys. */
export function withoutUnusedKeys(schema: Schema, value: unknown): unknown {
  const fields = fieldsOf(schema, value);
  if (fields === undefined || !isPlainObject(value)) return value;
  const used = Object.entries(value).flatMap(([name, each]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (field === undefined) return [[name, each]];
    return isUnused(field) ? [] : [[name, withoutUnusedKeys(field, each)]];
  });
  return Object.fromEntries(used);
}

function isUnused(field: Schema): boolean {
  return z.globalRegistry.get(field)?.unused === true;
}

function isDefault(schema: Schema, value: unknown): boolean {
  const { success, data } = z.safeParse(schema, undefined);
  return success && JSON.stringify(data) === JSON.stringify(value);
}
