import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "./shell_word.ts";

it("quotes whatever a shell would take apart", () => {
  for (const word of ["plain", "a b", "it's", "$HOME", "~/x", "a;b", 'say "no"', "ü", "", "*", "a\\b", "--x={y}"]) {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(word, "linux")}`], { encoding: "utf8" })).toBe(word);
  }
});
