import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findDuplicateJsonKey } from "./duplicate_json_key.ts";

describe("findDuplicateJsonKey", () => {
  it.each([
    ['{"a":1,"a":2}', "a"],
    ['{"x":{"b":[],"c":{"d":1 , "d" : 2}}}', "d"],
    ['[{"a":1},{"a":1,"b":2,"\\u0061":3}]', "a"],
    ['{"":1,"":2}', ""],
    ['{"q\\"":1,"q\\"":2}', 'q"'],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"\\\\":1,"\\\\":2}', "\\"],
  ])("finds the repeated key in %s", (json, key) => {
    JSON.parse(json);
    const found = findDuplicateJsonKey(json)!;
    expect(found.key).toBe(key);
    expect(json.slice(found.offset)).toMatch(/^".*" ?: ?[23]/);
  });

  it.each([
    '{"a":{"a":{"a":1}},"b":{"a":1}}',
    '{"a":"b","b":"a","c":["a","a"]}',
    '{"a":"\\":","b":"{\\"a\\":1,\\"a\\":1}"}',
    '"a"',
    "[]",
  ])("accepts %s, where equal words are not keys of one object", (json) => {
    JSON.parse(json);
    expect(findDuplicateJsonKey(json)).toBeUndefined();
  });

  it("accepts the output of JSON.stringify with any spacing", () => {
    const spacing = fc.constantFrom(undefined, 1, "\t");
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), spacing, (value, space) => {
        expect(findDuplicateJsonKey(JSON.stringify(value, null, space))).toBeUndefined();
      }),
    );
  });
});
