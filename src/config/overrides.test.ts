import { expect, test } from "vitest";
import { ConfigError } from "./error.ts";
import { applyOverrides, parseOverrides } from "./overrides.ts";

function override(config: unknown, ...args: string[]): unknown {
  return applyOverrides(config, parseOverrides(args));
}

test("values are read as YAML: numbers, booleans, null, lists and words", () => {
  const args = ["--a=1e-4", "--b=true", "--c=null", "--d=[256, 256]", "--e=panda", "--f=007x", "--g=", "--h={x: 1}"];
  expect(override({}, ...args)).toEqual({
    a: 1e-4,
    b: true,
    c: null,
    d: [256, 256],
    e: "panda",
    f: "007x",
    g: "",
    h: { x: 1 },
  });
});

test("the value may also be the next argument", () => {
  expect(override({ seed: 1 }, "--seed", "7", "--env.fps=10")).toEqual({ seed: 7, env: { fps: 10 } });
});

test("the config itself is left alone and untouched branches are shared", () => {
  const config = { a: { b: 1 }, c: { d: 2 } };
  const result = override(config, "--a.b=5") as typeof config;
  expect(config).toEqual({ a: { b: 1 }, c: { d: 2 } });
  expect(result.a).toEqual({ b: 5 });
  expect(result.c).toBe(config.c);
});

test("the last of two overrides of one key wins", () => {
  expect(override({}, "--a=1", "--a=2")).toEqual({ a: 2 });
});

test("changing a type drops the old type's values, in whatever order the arguments come", () => {
  const config = { algorithm: { type: "sac", num_critics: 10, discount: 0.9 } };
  const expected = { algorithm: { type: "td3", discount: 0.97 } };
  expect(override(config, "--algorithm.type=td3", "--algorithm.discount=0.97")).toEqual(expected);
  expect(override(config, "--algorithm.discount=0.97", "--algorithm.type=td3")).toEqual(expected);
});

test("naming the type that is already there keeps its values", () => {
  const config = { algorithm: { type: "sac", num_critics: 10 } };
  expect(override(config, "--algorithm.type=sac")).toEqual(config);
});

test("keys with dots in them are written in brackets, list elements by index", () => {
  const config = { input_features: { "observation.state": { type: "STATE", shape: [18] } } };
  expect(override(config, '--input_features["observation.state"].shape[0]=21')).toEqual({
    input_features: { "observation.state": { type: "STATE", shape: [21] } },
  });
});

test("a path through a number is refused by name", () => {
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
  ["--a=[1, 2", "not YAML"],
])("%s is refused with what to do", (argument, message) => {
  expect(() => parseOverrides([argument])).toThrow(message);
});
