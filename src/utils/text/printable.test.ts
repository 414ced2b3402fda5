import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printable, printableLine } from "./printable.ts";

describe("printable", () => {
  it("shows control characters instead of letting a terminal act on them", () => {
    expect(printable("\u001b[2Jgone\u0007")).toBe("\\u001b[2Jgone\\u0007");
    expect(printable("\u009b31mred\u007f")).toBe("\\u009b31mred\\u007f");
    expect(printable("done\rerror")).toBe("done\\u000derror");
  });

  it("shows the marks that reorder text", () => {
    expect(printable("user\u202etxt.exe")).toBe("user\\u202etxt.exe");
  });

  it("leaves lines, tabs and every language alone", () => {
    const text = "a\n\tb · ü 拿起方块 🦾 …";
    expect(printable(text)).toBe(text);
    expect(printable("a\r\nb")).toBe("a\nb");
  });

  it("keeps JSON valid and its value", () => {
    const value = { task: "\u009b31m\u202e\u001b]0;x\u0007", "k\u0085": [1] };
    expect(JSON.parse(printable(JSON.stringify(value)))).toEqual(value);
  });

  it("leaves no control character in any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/(?![\n\t])[\p{Cc}\p{Cs}]/u);
        expect(printableLine(text)).not.toMatch(/[\p{Cc}\p{Cs}]/u);
      }),
    );
  });
});
