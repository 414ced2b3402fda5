import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { packageVersion } from "./version.ts";

it("is the version in package.json", async () => {
  expect(packageVersion()).toBe(JSON.parse(await readFile("package.json", "utf8")).version);
});
