/** Writes docs/reference/train_config.md and its JSON Schema. Run it after changing a config schema; a test compares. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { trainConfigReference } from "../src/settings/config_reference.ts";

const FOLDER = "docs/reference";
const _BIOME = "node_modules/@biomejs/biome/bin/biome";

mkdirSync(FOLDER, { recursive: true });
const { markdown, jsonSchema } = trainConfigReference();
writeFileSync(`${FOLDER}/train_config.md`, markdown);
writeFileSync(`${FOLDER}/train_config.schema.json`, JSON.stringify(jsonSchema, null, 2));
execFileSync(process.execPath, ["node_modules/@biomejs/biome/bin/biome", "format", "--write", FOLDER], {
  stdio: "ignore",
});
