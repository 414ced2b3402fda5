import { describe, expect, it } from "vitest";
import { nameFault } from "./name_fault.ts";

describe("a name from an untrusted source", () => {
  it.each(["robot", "a", "x".repeat(16), "arm 2", "Prüfstand/3", "机器人", "👩‍🚀", "...", ".hidden"])(
    "may be %j",
    (name) => {
      expect(nameFault(name, 16)).toBeUndefined();
    },
  );

  it.each([
    ["", "has 0 characters; 1 to 16 fit"],
    ["x".repeat(17), "has 17 characters"],
    ["   ", "blank"],
    [".", 'is "."'],
    ["..", 'is ".."'],
    ["__proto__", "__proto__"],
    ["a\u001b[2J", "control characters"],
    ["a\nb", "control characters"],
    ["a\tb", "control characters"],
    ["a\0", "control characters"],
    ["a\u007f", "control characters"],
    ["a\u009b", "control characters"],
    ["a\u202eb", "turn text around"],
    ["a\u2066b", "turn text around"],
    ["a\u200fb", "turn text around"],
    ["a\u061cb", "turn text around"],
    ["a\ud800", "control characters"],
  ])("may not be %j", (name, fault) => {
    expect(nameFault(name, 16)).toContain(fault);
  });
});
