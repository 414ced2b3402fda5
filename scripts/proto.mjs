/**
 * Generates `src/transport/generated` from `proto/` (works offline). The result is committed, so building and running
 * Handrail needs no code generation; run this after editing a `.proto` file.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const HEADER = [
  "// biome-ignore-all format: generated",
  "// biome-ignore-all lint: generated",
  "// biome-ignore-all assist: generated",
  "// Generated from proto/ by `npm run proto`. Do not edit.",
  "",
].join("\n");

const root = fileURLToPath(new URL("..", import.meta.url));
const output = `${root}src/transport/generated`;
const options = [
  "esModuleInterop=true",
  "importSuffix=.ts",
  "outputServices=generic-definitions",
  "outputJsonMethods=false",
  "outputPartialMethods=false",
  "enumsAsLiterals=true",
  "unrecognizedEnum=false",
  "useMapType=true",
  "useReadonlyTypes=true",
  "annotateFilesWithVersion=false",
  "exportCommonSymbols=false",
];
const template = {
  version: "v2",
  plugins: [{ local: `${root}node_modules/.bin/protoc-gen-ts_proto`, out: output, opt: options }],
};
execFileSync(`${root}node_modules/.bin/buf`, ["generate", "proto", "--template", JSON.stringify(template)], {
  cwd: root,
  stdio: "inherit",
});
for (const name of readdirSync(output, { recursive: true })) {
  if (!name.endsWith(".ts")) continue;
  const source = readFileSync(`${output}/${name}`, "utf8");
  writeFileSync(`${output}/${name}`, HEADER + source.replace("/* eslint-disable */\n", ""));
}
