import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { JsonSchema } from "../../src/config/schema/json_schema.ts";
import { trainConfigReference } from "../../src/settings/config_reference.ts";

const UPDATE = "run: node --import tsx scripts/generate_config_reference.ts";

test("the committed reference page and JSON Schema are those of the code", async () => {
  const { markdown, jsonSchema } = trainConfigReference();
  const page = await readFile("docs/reference/train_config.md", "utf8");
  expect(withoutPadding(page), UPDATE).toBe(withoutPadding(markdown));
  const committed = JSON.parse(await readFile("docs/reference/train_config.schema.json", "utf8"));
  expect(committed, UPDATE).toEqual(JSON.parse(JSON.stringify(jsonSchema)));
});

/** The formatter pads tables; only their content counts. */
function withoutPadding(text: string): string {
  return text.replaceAll(/-{3,}/g, "---").replaceAll(/ +/g, " ").trim();
}

test("every key is described", () => {
  const undescribed: string[] = [];
  const visit = (schema: JsonSchema, path: string): void => {
    for (const [key, field] of Object.entries(schema.properties ?? {})) {
      if (key !== "type" && !field.description) undescribed.push(`${path}${key}`);
      visit(field, `${path}${key}.`);
    }
    for (const alternative of schema.anyOf ?? []) visit(alternative, path);
  };
  visit(trainConfigReference().jsonSchema, "");
  expect(undescribed).toEqual([]);
});
