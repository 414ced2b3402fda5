import { expect, test } from "vitest";
import { z } from "zod";
import { toJsonSchema } from "./json_schema.ts";
import { renderReference } from "./reference.ts";
import { TypeRegistry } from "./registry.ts";

const algorithms = new TypeRegistry("algorithm")
  .register(
    "sac",
    z.strictObject({
      type: z.literal("sac"),
      discount: z.number().min(0).max(1).default(0.99).describe("γ, per step."),
      num_critics: z.int().min(1).default(2),
    }),
  )
  .registerPreset("rlpd", { type: "sac", num_critics: 10 });

const schema = z.strictObject({
  seed: z.int().nullable().default(1000).describe("Seed of all random draws."),
  mode: z.enum(["a", "b"]).default("a"),
  algorithm: algorithms.schema.describe("How it learns."),
  nested: z.strictObject({ sizes: z.array(z.int()).default([1]) }).prefault({}),
});

test("the JSON Schema has types, ranges, defaults and descriptions, and forbids unknown keys", () => {
  expect(toJsonSchema(schema, "Training")).toMatchObject({
    title: "Training",
    type: "object",
    required: ["algorithm"],
    additionalProperties: false,
    properties: {
      seed: { type: ["integer", "null"], default: 1000, description: "Seed of all random draws." },
      mode: { enum: ["a", "b"], default: "a" },
      nested: { properties: { sizes: { type: "array", default: [1] } } },
    },
  });
});

test("every registered type is an alternative, and a preset has its own defaults", () => {
  const { algorithm } = toJsonSchema(schema).properties!;
  expect(algorithm!.anyOf).toMatchObject([
    { title: "sac", properties: { type: { const: "sac" }, num_critics: { default: 2 } } },
    {
      title: "rlpd",
      properties: { type: { const: "rlpd" }, num_critics: { default: 10 }, discount: { default: 0.99 } },
    },
  ]);
});

test("integers are not cluttered with the bounds of safe integers", () => {
  expect(JSON.stringify(toJsonSchema(schema))).not.toContain(String(Number.MAX_SAFE_INTEGER));
});

test("the reference page shows every key with its range, default and meaning", () => {
  const page = renderReference("Training config", "All of it.", toJsonSchema(schema));
  expect(page).toMatch(/^# Training config\n\nAll of it\.\n\n\| key \| value \| default \| meaning \|\n/);
  expect(page).toContain("| `seed` | integer or null | `1000` | Seed of all random draws. |");
  expect(page).toContain('| `algorithm` | type `"sac"` or type `"rlpd"` | required | How it learns. |');
  expect(page).toContain("## `algorithm` (type `sac`)");
  expect(page).toContain("| `discount` | number ≥ 0, ≤ 1 | `0.99` | γ, per step. |");
  expect(page).toContain("## `algorithm` (preset `rlpd`)\n\nThe type `sac` with `num_critics` `10`.");
  expect(page).toContain("## `nested`");
  expect(page).toContain("| `sizes` | list of integer | `[1]` |");
});

test("a registry without a type is described by what configs of every type have", () => {
  const base = z.looseObject({ type: z.string(), patience: z.number().default(3).describe("Tries.") });
  const judges = new TypeRegistry("judge", { base });
  const described = () => toJsonSchema(z.strictObject({ judge: judges.schema.nullable() })).properties!.judge!.anyOf!;
  expect(described()[0]).toMatchObject({ type: "object", properties: { patience: { default: 3 } } });
  judges.register("strict", z.strictObject({ type: z.literal("strict") }));
  expect(described()[0]).toMatchObject({ anyOf: [{ title: "strict" }] });
});
