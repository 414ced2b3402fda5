/** JSON Schema of a config, for editors (completion, checks while typing) and for the reference page. */
import { z } from "zod";
import { registryOf, type TypedConfig, type TypeRegistry } from "./registry.ts";

/** The subset of JSON Schema (draft 2020-12) that configs use. */
export interface JsonSchema {
  $schema?: string;
  title?: string;
  description?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minItems?: number;
  /** Not used by Handrail: a key for other programs. */
  unused?: boolean;
  /** Described elsewhere in the same schema, so not repeated here. */
  repeated?: boolean;
  /** The values that a preset sets. */
  preset?: TypedConfig;
}

/** JSON Schema of a config file: everything with a default is optional, each registered type is an alternative. */
export function toJsonSchema(schema: z.ZodType, title?: string): JsonSchema {
  const json = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const registry = registryOf(zodSchema);
      if (registry !== undefined) Object.assign(jsonSchema, described(registry));
      dropIntegerBounds(jsonSchema as JsonSchema);
      if ((jsonSchema as JsonSchema).repeated) delete (jsonSchema as JsonSchema).anyOf;
    },
  }) as JsonSchema;
  return title === undefined ? json : { title, ...json };
}

function described(registry: TypeRegistry<TypedConfig>): JsonSchema {
  if (registry.entries.size > 0 || registry.base === undefined) return { anyOf: alternatives(registry) };
  const { $schema: _, ...json } = toJsonSchema(registry.base);
  return json;
}

function alternatives(registry: TypeRegistry<TypedConfig>): JsonSchema[] {
  const types = [...registry.entries].map(([type, schema]) => named(toJsonSchema(schema), type));
  const presets = [...registry.presets].map(([name, preset]) => {
    const base = types.find(({ title }) => title === preset.type) ?? {};
    return presetOf(base, name, preset);
  });
  return [...types, ...presets];
}

function named({ $schema: _, ...json }: JsonSchema, title: string): JsonSchema {
  return { title, ...json };
}

/** The type's schema with the preset's values as defaults. */
function presetOf(base: JsonSchema, name: string, preset: TypedConfig): JsonSchema {
  const properties = { ...base.properties };
  for (const [key, value] of Object.entries(preset)) properties[key] = { ...properties[key], default: value };
  return { ...base, title: name, preset, properties: { ...properties, type: { const: name } } };
}

/** Drops the bounds of safe integers, which are implied. */
function dropIntegerBounds(json: JsonSchema): void {
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
}
