import fc from "fast-check";
import { expect, test } from "vitest";
import { formatPath, parsePath, valueAt } from "./path.ts";

test("plain keys are joined by dots, anything else is quoted in brackets", () => {
  expect(formatPath(["policy", "input_features", "observation.state", "shape", 0])).toBe(
    'policy.input_features["observation.state"].shape[0]',
  );
  expect(formatPath([])).toBe("");
});

test("any path can be written and read back", () => {
  const part = fc.oneof(fc.string({ unit: "binary-ascii", maxLength: 8 }), fc.nat(1000));
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (path) => {
      expect(parsePath(formatPath(path))).toEqual(path);
    }),
  );
});

test.each(["", ".a", "a..b", "a.", "a[", 'a["b]', "a b", "a[-1]", 'a["b"]c', "[0]a"])("%j is not a path", (text) => {
  expect(() => parsePath(text)).toThrow(SyntaxError);
});

test("only a value's own properties are found", () => {
  const config = { a: [{ b: 1 }] };
  expect(valueAt(config, ["a", 0, "b"])).toBe(1);
  expect(valueAt(config, ["a", "length"])).toBe(1);
  expect(valueAt(config, ["a", 1, "b"])).toBeUndefined();
  expect(valueAt(config, ["constructor"])).toBeUndefined();
  expect(valueAt(null, ["a"])).toBeUndefined();
});
