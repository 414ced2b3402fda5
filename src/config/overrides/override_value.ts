/**
 * Reads the text of an override as the value its key takes. The key's schema decides, so text stays as typed and is never
 * mistaken for a number, a date or a comment.
 */
import type { Node } from "yaml";
import type { z } from "zod";
import { registryOf } from "../schema/registry.ts";
import { elementOf, formsOf } from "../schema/schema_walk.ts";
import {
  objectOf,
  parseYamlText,
  plainValue,
  type YamlText,
  yamlEntries,
  yamlLibrary,
  yamlScalar,
  yamlValue,
} from "../yaml.ts";

type Schema = z.core.$ZodType;

/**
 * If a key takes several forms, the first that fits wins: null, true or false, a number, a list or an object, text.
 * Quotes are part of text, except around the word null where a key takes both text and null.
 *
 * Input that fits no form is returned as text for the schema to refuse.
 *
 * @param forms Forms of the key, as returned by `schemasAt`; none for an unknown key.
 * @throws Error for a list or an object that cannot be read, without the name of the key.
 */
export function readOverrideValue(forms: readonly Schema[], text: string): unknown {
  const kinds = new Set(forms.map(kindOf));
  const structured = kinds.has("list") || kinds.has("object") || kinds.has("anything");
  if (structured && /^\s*[[{]/.test(text)) {
    try {
      const yaml = parseYamlText(text);
      return readNode(yaml, yaml.root!, forms);
    } catch (cause) {
      if (kinds.has("text")) return text;
      throw new Error(`cannot be read as ${kinds.has("list") ? "a list" : "an object"}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }
  if (kinds.has("anything") && /^\s*"/.test(text)) return quoted(text);
  if (kinds.has("text") && kinds.has("null") && /^(["'])null\1$/.test(text)) return "null";
  const value = readWord(kinds, text);
  const fitsNothing = value === text && !kinds.has("text") && !kinds.has("anything") && kinds.size > 0;
  if (fitsNothing && kinds.has("list")) throw new Error("must be a list in brackets");
  if (fitsNothing && kinds.has("object")) throw new Error("must be an object in braces");
  return value;
}

type Kind = "null" | "boolean" | "number" | "text" | "list" | "object" | "anything";

function kindOf(schema: Schema): Kind {
  if (registryOf(schema) !== undefined) return "object";
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "null":
    case "boolean":
    case "number":
      return def.type;
    case "literal":
      return typeof def.values[0] === "number" ? "number" : typeof def.values[0] === "boolean" ? "boolean" : "text";
    case "string":
    case "enum":
      return "text";
    case "array":
    case "tuple":
      return "list";
    case "object":
    case "record":
      return "object";
    default:
      return "anything";
  }
}

/** Decimal, leading zeros allowed: a numeric key has no other use for them. */
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function readWord(kinds: ReadonlySet<Kind>, text: string): unknown {
  if (kinds.has("anything")) return plainValue(text);
  if (kinds.has("null") && text === "null") return null;
  if (kinds.has("boolean") && /^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if (kinds.has("number") && NUMBER.test(text)) return Number(text);
  return text;
}

function readNode(yaml: YamlText, aliased: Node, forms: readonly Schema[]): unknown {
  const { isMap, isScalar, isSeq, Scalar } = yamlLibrary();
  const node = yaml.resolve(aliased);
  const kinds = new Set(forms.map(kindOf));
  if (forms.length === 0 || kinds.has("anything")) return yamlValue(yaml, node, plainValue);
  if (isSeq<Node>(node)) {
    return node.items.map((item, index) => readNode(yaml, item, elements(forms, undefined, index)));
  }
  if (isMap(node)) {
    const entries = yamlEntries(yaml, node);
    // The set of fields may depend on the type.
    const type = entries.find(([key]) => key === "type")?.[1];
    const chosen = isScalar(type) ? { type: String(type.value) } : undefined;
    return objectOf(entries.map(([key, value]) => [key, value && readNode(yaml, value, elements(forms, chosen, key))]));
  }
  const isText = isScalar(node) && node.type !== Scalar.PLAIN;
  return yamlScalar(yaml, node, (word) => (isText ? word : readWord(kinds, word)));
}

function elements(forms: readonly Schema[], value: unknown, part: string | number): Schema[] {
  return forms.flatMap((form) => elementOf(form, value, part)).flatMap(formsOf);
}

/** Text in double quotes, as JSON writes it, for keys that take anything. */
function quoted(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
