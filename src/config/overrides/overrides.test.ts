import { expect, test } from "vitest";
import { z } from "zod";
import { ConfigError } from "../error.ts";
import { TypeRegistry } from "../schema/registry.ts";
import { applyOverrides, parseOverrides } from "./overrides.ts";

function override(config: unknown, ...args: string[]): unknown {
  return applyOverrides(config, parseOverrides(args));
}

const anyType = new TypeRegistry("algorithm").register(
  "sac",
  z.strictObject({ type: z.literal("sac"), name: z.string().default("x"), lr: z.number().default(1) }),
);
const schema = z.strictObject({
  name: z.string(),
  folder: z.string().nullable().default(null),
  seed: z.int().nullable().default(1),
  on: z.boolean().default(true),
  mode: z.enum(["auto", "true"]).default("auto"),
  rate: z.union([z.number(), z.string()]).default(1),
  tags: z.array(z.string()).nullable().default(null),
  numbers: z.array(z.int()).default([]),
  sizes: z.tuple([z.int(), z.int()]).nullable().default(null),
  names: z.record(z.string(), z.string()).default({}),
  options: z.record(z.string(), z.unknown()).default({}),
  device: z.looseObject({ type: z.string() }).nullable().default(null),
  squash: z.literal(true).default(true),
  algorithm: anyType.schema,
});

function typed(config: unknown, ...args: string[]): unknown {
  return applyOverrides(config, parseOverrides(args), schema);
}

test.each([
  "/data/run #3",
  "2026",
  "007",
  "!x",
  "*x",
  "&x",
  "|",
  "true",
  "a: b",
  "@x",
  "%x",
  "[x]",
  "{a: 1}",
  "2026-01-01",
  "1e3",
  "0x10",
  '"quoted"',
  "-",
  "~",
  " blanks around ",
  "yes",
  "a\nb",
  "ünï",
])("a text key takes %j as typed", (text) => {
  expect(typed({}, `--name=${text}`)).toEqual({ name: text });
  expect(typed({}, `--folder=${text}`)).toEqual({ folder: text });
  expect(typed({}, "--name", text)).toEqual({ name: text });
});

test("a key that takes text or null takes the word null as null, and in quotes as text", () => {
  expect(typed({}, "--folder=null")).toEqual({ folder: null });
  expect(typed({}, '--folder="null"')).toEqual({ folder: "null" });
  expect(typed({}, "--name=null")).toEqual({ name: "null" });
});

test("numbers, booleans and null are read where the key takes them", () => {
  expect(typed({}, "--seed=7", "--on=false", "--squash=true", "--algorithm={type: sac, lr: 1e-4}")).toEqual({
    seed: 7,
    on: false,
    squash: true,
    algorithm: { type: "sac", lr: 1e-4 },
  });
  expect(typed({}, "--seed=null", "--on=True", "--rate=010", "--mode=true")).toEqual({
    seed: null,
    on: true,
    rate: 10,
    mode: "true",
  });
  expect(typed({}, "--rate=fast")).toEqual({ rate: "fast" });
});

test("a value that a key does not take stays text, which the schema refuses", () => {
  const words = ["--seed=0x10", "--on=yes"];
  expect(typed({}, ...words)).toEqual({ seed: "0x10", on: "yes" });
});

test("the elements of lists and objects are read by their own types", () => {
  expect(typed({}, "--tags=[007, true, 2026, 'a, b']")).toEqual({ tags: ["007", "true", "2026", "a, b"] });
  expect(typed({}, "--numbers=[0, 1, 2]", "--sizes=[128, 96]")).toEqual({ numbers: [0, 1, 2], sizes: [128, 96] });
  expect(typed({}, "--names={a.b: 007, 2026: yes}")).toEqual({ names: { "a.b": "007", 2026: "yes" } });
  expect(typed({}, "--algorithm={type: sac, name: 007, lr: 1}")).toEqual({
    algorithm: { type: "sac", name: "007", lr: 1 },
  });
  expect(typed({ numbers: [1] }, "--numbers[0]=4")).toEqual({ numbers: [4] });
  expect(typed({}, '--names["a.b"]=true')).toEqual({ names: { "a.b": "true" } });
});

test("an untyped key infers the value's type", () => {
  const args = ["--options.a=true", "--options.b=1e-4", "--options.c=007", '--options.d="7"', "--options.e=[1, x]"];
  expect(typed({}, ...args)).toEqual({ options: { a: true, b: 1e-4, c: "007", d: "7", e: [1, "x"] } });
  const device = { type: "arm" };
  expect(typed({ device }, "--device.id=7", "--device.port=/dev/tty#1")).toEqual({
    device: { type: "arm", id: 7, port: "/dev/tty#1" },
  });
});

test.each([
  ["--numbers=0,1", "must be a list in brackets"],
  ["--numbers=[0, 1", "cannot be read as a list"],
  ["--names={a: *x}", "cannot be read as an object"],
])("the error for %s names the key and shows how to quote", (argument, message) => {
  expect(() => typed({}, argument)).toThrow(message);
  expect(() => typed({}, argument)).toThrow(argument);
  expect(() => typed({}, argument)).toThrow(`${argument.split("=")[0]}='[0, 1]'`);
});

test("without a schema, types are inferred from the values", () => {
  const args = ["--a=1e-4", "--b=true", "--c=null", "--d=[256, 256]", "--e=panda", "--f=007x", "--h={x: 1}"];
  expect(override({}, ...args)).toEqual({
    a: 1e-4,
    b: true,
    c: null,
    d: [256, 256],
    e: "panda",
    f: "007x",
    h: { x: 1 },
  });
});

test("only a type that other fields depend on empties its object", () => {
  const features = z.strictObject({ feature: z.strictObject({ type: z.string(), shape: z.array(z.int()) }) });
  const config = { feature: { type: "STATE", shape: [3] } };
  const result = applyOverrides(config, parseOverrides(["--feature.type=ENV"]), features);
  expect(result).toEqual({ feature: { type: "ENV", shape: [3] } });
});

test("the value may also be the next argument", () => {
  expect(override({ seed: 1 }, "--seed", "7", "--env.fps=10")).toEqual({ seed: 7, env: { fps: 10 } });
});

test("the input config is not modified and untouched branches are shared", () => {
  const config = { a: { b: 1 }, c: { d: 2 } };
  const result = override(config, "--a.b=5") as typeof config;
  expect(config).toEqual({ a: { b: 1 }, c: { d: 2 } });
  expect(result.a).toEqual({ b: 5 });
  expect(result.c).toBe(config.c);
});

test("the last of two overrides of one key wins", () => {
  expect(override({}, "--a=1", "--a=2")).toEqual({ a: 2 });
});

test("changing a type drops the old type's values, in any order of arguments", () => {
  const config = { algorithm: { type: "sac", num_critics: 10, discount: 0.9 } };
  const expected = { algorithm: { type: "td3", discount: 0.97 } };
  expect(override(config, "--algorithm.type=td3", "--algorithm.discount=0.97")).toEqual(expected);
  expect(override(config, "--algorithm.discount=0.97", "--algorithm.type=td3")).toEqual(expected);
});

test("setting the current type again keeps its values", () => {
  const config = { algorithm: { type: "sac", num_critics: 10 } };
  expect(override(config, "--algorithm.type=sac")).toEqual(config);
});

test("keys with dots in them are written in brackets, list elements by index", () => {
  const config = { input_features: { "observation.state": { type: "STATE", shape: [18] } } };
  expect(override(config, '--input_features["observation.state"].shape[0]=21')).toEqual({
    input_features: { "observation.state": { type: "STATE", shape: [21] } },
  });
});

test("the error for a path through a number names it", () => {
  expect(() => override({ seed: 1 }, "--seed.low=2")).toThrow('seed.low: cannot be set: "seed" is not an object');
  expect(() => override({ list: [1] }, "--list[4]=2")).toThrow(ConfigError);
});

test("a key called __proto__ is only a key", () => {
  const result = override({}, "--__proto__.polluted=true") as object;
  expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test.each([
  ["seed=1", "expected an override"],
  ["--seed", "needs a value"],
  ["--a..b=1", "cannot read the path"],
  ["--a=", "has no value"],
  ["--a=  ", "--a=null for none"],
  [`--${"a.".repeat(5000)}b=1`, "more than any config"],
])("%s is refused with what to do", (argument, message) => {
  expect(() => parseOverrides([argument])).toThrow(message);
});
