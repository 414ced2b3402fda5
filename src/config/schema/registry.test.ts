import { expect, test } from "vitest";
import { z } from "zod";
import { parseConfig } from "../parse.ts";
import { registryOf, type TypedConfig, TypeRegistry } from "./registry.ts";

interface Circle extends TypedConfig {
  readonly type: "circle";
  readonly radius: number;
}

function shapes(): TypeRegistry {
  return new TypeRegistry("shape")
    .register("circle", z.strictObject({ type: z.literal("circle"), radius: z.number().positive().default(1) }))
    .register(
      "square",
      z.strictObject({
        type: z.literal("square"),
        side: z.number(),
        style: z.strictObject({ line: z.number(), fill: z.number() }).optional(),
      }),
    )
    .registerPreset("unit_square", { type: "square", side: 1, style: { line: 1, fill: 2 } })
    .retire("oval", '"oval" is now "circle": write "type": "circle".');
}

test("the type chooses the schema and defaults are filled in", () => {
  expect(parseConfig(shapes().schema, { type: "circle" })).toEqual({ type: "circle", radius: 1 });
});

test("an unknown type lists the known ones and suggests the nearest", () => {
  expect(() => parseConfig(shapes().schema, { type: "cirlce" })).toThrow(
    'type: unknown shape type "cirlce". Did you mean "circle"? Known: "circle", "square", "unit_square"',
  );
});

test("the error for a retired type says what replaced it", () => {
  expect(() => parseConfig(shapes().schema, { type: "oval" })).toThrow('type: "oval" is now "circle"');
});

test.each([
  [{}, 'type: is required: which shape? One of "circle"'],
  [{ type: 3 }, "type: must be a string, got 3"],
  ["circle", 'must be an object with a "type"'],
  [null, 'must be an object with a "type"'],
])("%j is refused", (input, message) => {
  expect(() => parseConfig(shapes().schema, input)).toThrow(message);
});

test("a preset expands to a type; the config's own values win, also in nested objects", () => {
  const { schema } = shapes();
  expect(parseConfig(schema, { type: "unit_square" })).toEqual({
    type: "square",
    side: 1,
    style: { line: 1, fill: 2 },
  });
  expect(parseConfig(schema, { type: "unit_square", style: { fill: 9 } })).toEqual({
    type: "square",
    side: 1,
    style: { line: 1, fill: 9 },
  });
});

test("problems inside a registered type carry the full path", () => {
  const schema = z.strictObject({ shapes: z.array(shapes().schema) });
  const input = { shapes: [{ type: "circle" }, { type: "circle", radius: -2, raduis: 1 }] };
  expect(() => parseConfig(schema, input, "drawing.yaml")).toThrow(
    [
      "drawing.yaml: 2 problems",
      "  - shapes[1].radius: must be more than 0, got -2",
      '  - shapes[1].raduis: unknown key. Did you mean "radius"?',
    ].join("\n"),
  );
});

test("types registered after the schema was used are found", () => {
  const registry = shapes();
  expect(() => parseConfig(registry.schema, { type: "line" })).toThrow("unknown shape type");
  registry.register("line", z.strictObject({ type: z.literal("line") }));
  expect(parseConfig(registry.schema, { type: "line" })).toEqual({ type: "line" });
});

test("a name cannot be taken twice", () => {
  const circle = z.strictObject({ type: z.literal("circle"), radius: z.number() });
  expect(() => shapes().register("circle", circle)).toThrow('the shape type "circle" is already registered');
  expect(() => shapes().registerPreset("square", { type: "square" })).toThrow("already registered");
});

test("the parsed value has the registry's type", () => {
  const circles = new TypeRegistry<Circle>("circle");
  circles.register("circle", z.strictObject({ type: z.literal("circle"), radius: z.number() }));
  const { radius } = parseConfig(circles.schema, { type: "circle", radius: 2 });
  expect(radius).toBe(2);
  expect(registryOf(circles.schema)).toBe(circles);
  expect(registryOf(circles.schema.describe("With words."))).toBe(circles);
});

test("a registry of its own key chooses by that key, in its messages too", () => {
  const steps = new TypeRegistry<object>("step", { key: "registry_name" });
  steps.register("scale", z.strictObject({ registry_name: z.literal("scale"), by: z.number().default(2) }));
  const schema = z.strictObject({ steps: z.array(steps.schema) });
  expect(parseConfig(schema, { steps: [{ registry_name: "scale" }] })).toEqual({
    steps: [{ registry_name: "scale", by: 2 }],
  });
  expect(() => parseConfig(schema, { steps: [{ registry_name: "scael" }] })).toThrow(
    'steps[0].registry_name: unknown step "scael". Did you mean "scale"? Known: "scale"',
  );
  expect(() => parseConfig(schema, { steps: [{ registry_name: "scale", bye: 1 }] })).toThrow(
    'steps[0].bye: unknown key. Did you mean "by"?',
  );
  expect(() => parseConfig(schema, { steps: ["scale"] })).toThrow('must be an object with a "registry_name"');
});

test("a registry without a type says who registers one", () => {
  const { schema } = new TypeRegistry("judge");
  expect(() => parseConfig(schema, { type: "me" })).toThrow(
    'type: unknown judge type "me". No plug-in has registered any',
  );
  expect(() => parseConfig(schema, {})).toThrow("type: is required: which judge? What a plug-in registers");
});
