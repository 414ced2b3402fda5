import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { fileNameOf } from "./file_name.ts";

test.each(["actor", "arm 1", "left-arm_2.b", "Tisch", "机械臂", "a@b(c)"])("%j is a file name as it is", (text) => {
  expect(fileNameOf(text)).toBe(text);
});

test.each([
  ["..", "%2E%2E"],
  [".", "%2E"],
  [".hidden", "%2Ehidden"],
  ["../../x", "%2E.%2F..%2Fx"],
  ["a/b", "a%2Fb"],
  ["a\\b", "a%5Cb"],
  ["C:x", "C%3Ax"],
  ["a%2Fb", "a%252Fb"],
  ["con", "%63on"],
  ["LPT1.txt", "%4CPT1.txt"],
  ["end.", "end%2E"],
  ["end ", "end%20"],
  ["a\u0000b\u001b[2J", "a%00b%1B[2J"],
  ["a\u202eb", "a%E2%80%AEb"],
  ["*?", "%2A%3F"],
])("%j stays one name, below its folder", (text, expected) => {
  expect(fileNameOf(text)).toBe(expected);
  expect(relative("/run/outbox", join("/run/outbox", fileNameOf(text)))).toBe(expected);
});

test.each([
  ["", "blank"],
  [" ", "blank"],
  ["x".repeat(300), "too long"],
  ["🤖".repeat(60), "too long"],
  ["\ud800", "half a surrogate pair"],
])("%j is refused", (text, message) => {
  expect(() => fileNameOf(text)).toThrow(message);
});
