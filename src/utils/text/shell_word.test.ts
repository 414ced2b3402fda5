import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { shellWord } from "./shell_word.ts";

it("quotes words that a shell would split or expand", () => {
  for (const word of ["plain", "a b", "it's", "$HOME", "~/x", "a;b", 'say "no"', "ü", "", "*", "a\\b", "--x={y}"]) {
    expect(execFileSync("/bin/sh", ["-c", `printf %s ${shellWord(word, "linux")}`], { encoding: "utf8" })).toBe(word);
  }
});
