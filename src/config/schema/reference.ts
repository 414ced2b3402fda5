/** The reference page of a config in Markdown, generated from its JSON Schema. */
import type { JsonSchema } from "./json_schema.ts";

/** @param intro Markdown below the title. */
export function renderReference(title: string, intro: string, schema: JsonSchema): string {
  const sections = [...section("", schema)].map(({ heading, body }) =>
    heading === "" ? body : `## ${heading}\n\n${body}`,
  );
  return `${[`# ${title}`, intro, ...sections].join("\n\n")}\n`;
}

interface Section {
  readonly heading: string;
  readonly body: string;
}

/** A table of an object's keys, then the objects inside it. */
function* section(path: string, schema: JsonSchema): Generator<Section> {
  if (schema.preset !== undefined) {
    const { type, ...values } = schema.preset;
    const list = Object.entries(values).map(([key, value]) => `\`${key}\` ${code(value)}`);
    yield {
      heading: `\`${path}\` (preset \`${schema.title}\`)`,
      body: `The type \`${type}\` with ${list.join(", ")}.`,
    };
    return;
  }
  if (schema.properties !== undefined) {
    const entries = Object.entries(schema.properties);
    const rows = entries.map(([key, field]) => row(key, field, schema.required?.includes(key) ?? false));
    const heading =
      schema.title !== undefined && path !== "" ? `\`${path}\` (type \`${schema.title}\`)` : `\`${path}\``;
    const body = ["| key | value | default | meaning |", "| --- | --- | --- | --- |", ...rows].join("\n");
    yield { heading: path === "" ? "" : heading, body };
    for (const [key, field] of entries) yield* section(path === "" ? key : `${path}.${key}`, field);
  }
  for (const alternative of schema.anyOf ?? []) yield* section(path, alternative);
  if (typeof schema.additionalProperties === "object") yield* section(`${path}.<name>`, schema.additionalProperties);
}

function row(key: string, field: JsonSchema, required: boolean): string {
  const fallback = "default" in field ? code(field.default) : required ? "required" : "";
  const cells = [`\`${key}\``, describeType(field), fallback, field.description ?? ""];
  return `| ${cells.map(escapeCell).join(" | ")} |`;
}

function escapeCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function code(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

function describeType(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(alternativeName))].join(" or ");
  if (schema.type === "array") return `list of ${describeElement(schema.items)}`;
  if (schema.type === undefined) return "anything";
  return [[schema.type].flat().join(" or "), describeRange(schema)].filter(Boolean).join(" ");
}

/** Registered types are many, and plug-ins add to them: too long for a cell. */
function describeElement(items: JsonSchema | undefined): string {
  if (items === undefined) return "anything";
  return items.anyOf?.every(isRegistered) ? "objects" : describeType(items);
}

function isRegistered({ title, properties }: JsonSchema): boolean {
  return title !== undefined && properties !== undefined;
}

function alternativeName(schema: JsonSchema): string {
  return isRegistered(schema) ? `type ${code(schema.title)}` : describeType(schema);
}

function describeRange({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: JsonSchema): string {
  const low = minimum !== undefined ? `≥ ${minimum}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : "";
  const high = maximum !== undefined ? `≤ ${maximum}` : exclusiveMaximum !== undefined ? `< ${exclusiveMaximum}` : "";
  return [low, high].filter(Boolean).join(", ");
}
