import { expect, test } from "vitest";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { personName } from "./person_name.ts";

test.each([
  ["Ada", "Ada"],
  ["  Ada \t Lovelace ", "Ada Lovelace"],
  ["Ada\u001b[31m\r\nerror: forged", "Ada [31m error: forged"],
  ["\u202eadA", "adA"],
  ["a\u200bb", "a b"],
  ["Zoe\u0308", "Zoë"],
  ["中村 🤖", "中村 🤖"],
  ["\u0000\u0007", "Anonymous"],
  ["", "Anonymous"],
])("%j is shown as %j", (name, shown) => {
  expect(personName(name)).toBe(shown);
});

test("a name is limited in characters, and no character is split", () => {
  expect([...personName("🤖".repeat(1000))]).toEqual(Array.from({ length: MAX_NAME_LENGTH }, () => "🤖"));
});
