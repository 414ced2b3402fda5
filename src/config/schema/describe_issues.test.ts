import { expect, test } from "vitest";
import { z } from "zod";
import { describeIssues } from "./describe_issues.ts";
import { TypeRegistry } from "./registry.ts";

const algorithms = new TypeRegistry("algorithm").register(
  "sac",
  z.strictObject({
    type: z.literal("sac"),
    discount: z.number().min(0).lt(1).default(0.99),
    num_critics: z.int().min(1).default(2),
    hidden_dims: z.array(z.int()).min(1).default([256]),
  }),
);

const schema = z.strictObject({
  batch_size: z.int().positive().default(256),
  resume: z.boolean().default(false),
  mode: z.enum(["gamepad", "keyboard"]).default("gamepad"),
  output_dir: z.string().nullable().default(null),
  step_size: z.union([z.number(), z.array(z.number())]).default(1),
  algorithm: algorithms.schema,
  policy: z.strictObject({ latent_dim: z.int().default(256) }).prefault({}),
});

function problemsOf(input: unknown): string[] {
  const result = schema.safeParse(input);
  const problems = result.success ? [] : describeIssues(result.error.issues, schema, input);
  return problems.map(({ path, message }) => `${path}: ${message}`);
}

const algorithm = { type: "sac" };

test("a valid config has no problems", () => {
  expect(problemsOf({ algorithm })).toEqual([]);
});

test.each([
  [{ algorithm, batch_size: "256" }, 'batch_size: must be a number, got "256"'],
  [{ algorithm, batch_size: 2.5 }, "batch_size: must be an integer, got 2.5"],
  [{ algorithm, batch_size: 0 }, "batch_size: must be more than 0, got 0"],
  [{ algorithm, resume: "yes" }, 'resume: must be true or false, got "yes"'],
  [{ algorithm, output_dir: 7 }, 'output_dir: must be a string, got 7: put it in quotes, "7"'],
  [{ algorithm, policy: [] }, "policy: must be an object, got []"],
  [{ algorithm: { type: "sac", discount: 1 } }, "algorithm.discount: must be less than 1, got 1"],
  [{ algorithm: { type: "sac", discount: Number.NaN } }, "algorithm.discount: must be a number, got NaN"],
  [{ algorithm: { type: "sac", hidden_dims: [] } }, "algorithm.hidden_dims: must have at least 1 elements, got 0"],
  [{ algorithm: { type: "sac", hidden_dims: [256, null] } }, "algorithm.hidden_dims[1]: must be a number, got null"],
  [{ algorithm, mode: "gamepd" }, 'mode: must be one of "gamepad", "keyboard", got "gamepd". Did you mean "gamepad"?'],
  [{ algorithm, step_size: "x" }, 'step_size: must be a number, got "x", or must be a list, got "x"'],
  [{}, 'algorithm: is required: an object with a "type" (one of "sac")'],
])("%j is explained", (input, expected) => {
  expect(problemsOf(input)).toEqual([expected]);
});

test("an unknown key gets the nearest known key as a suggestion", () => {
  expect(problemsOf({ algorithm, batchSize: 1, rezume: true })).toEqual([
    'batchSize: unknown key. Did you mean "batch_size"?',
    'rezume: unknown key. Did you mean "resume"?',
  ]);
});

test("a key in the wrong object gets the right path as a suggestion", () => {
  expect(problemsOf({ algorithm, policy: { num_critics: 2 } })).toEqual([
    'policy.num_critics: unknown key. Did you mean "algorithm.num_critics"?',
  ]);
});

test("a key unlike any other gets the list of known keys", () => {
  expect(problemsOf({ algorithm, policy: { zebra: 2 } })).toEqual([
    "policy.zebra: unknown key. Known here: latent_dim",
  ]);
});

test("all problems are reported at once", () => {
  expect(problemsOf({ algorithm: { type: "sac", num_critics: 0, dicsount: 0.9 }, resume: 1 })).toHaveLength(3);
});

test("long values are cut", () => {
  expect(problemsOf({ algorithm, resume: "x".repeat(500) })[0]!.length).toBeLessThan(120);
});
