/** The name of a compiled program in the cache: a hash of all that its machine code depends on. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packageVersion } from "../../../../utils/version.ts";
import { type Expr, exactNumber } from "../../../ir/expr.ts";
import type { TracedProgram } from "../../../ir/traced_program.ts";
import { Tensor } from "../../../tensor.ts";
import { runtimeHeader, runtimeHeaders } from "../runtime_headers.ts";
import { compilerFlags } from "./flags.ts";
import { describeProcessor } from "./processor.ts";

/**
 * @param compilers see `compilerFiles`.
 * @returns SHA-256, in hexadecimal: of the program, the code generator, the compilers and the processor.
 */
export async function programKey(program: TracedProgram, compilers: string): Promise<string> {
  const { CC = "" } = process.env;
  return createHash("sha256")
    .update(generatorFingerprint())
    .update(structureOf(program))
    .update(JSON.stringify([CC, compilers, compilerFlags(), await describeProcessor()]))
    .digest("hex");
}

/** Equal for programs that trace alike, whatever else the process has traced. */
export function structureOf(program: TracedProgram): string {
  const indices = new Map(program.nodes.map((node, index) => [node, index]));
  // A node without elements may read what is not computed.
  const indexOf = (expr: Expr) => indices.get(expr) ?? null;
  const nodes = program.nodes.map(({ primitive, attributes, inputs, shape, dtype }) =>
    JSON.stringify([primitive.name, attributes, inputs.map(indexOf), shape, dtype], exactValue),
  );
  const { inputs, stateInputs, randomInputs, outputs, stateOutputs } = program;
  const names = [inputs, stateInputs, randomInputs, outputs, stateOutputs].map((group) =>
    group.map(({ name, expr, ...rest }) => [name, indexOf(expr), "buffer" in rest ? rest.buffer : null]),
  );
  return `${nodes.join("\n")}\n${JSON.stringify(names)}`;
}

function exactValue(key: string, value: unknown): unknown {
  if (!(value instanceof Tensor)) return exactNumber(key, value);
  const { buffer, byteOffset, byteLength } = value.data;
  const bytes = createHash("sha256").update(new Uint8Array(buffer, byteOffset, byteLength));
  return { dtype: value.dtype, shape: value.shape, bytes: bytes.digest("hex") };
}

let fingerprint: string | undefined;

/** Changes with this package's version, and with every change of the code that generates code. */
function generatorFingerprint(): string {
  fingerprint ??= readFingerprint();
  return fingerprint;
}

function readFingerprint(): string {
  const hash = createHash("sha256").update(packageVersion());
  const here = fileURLToPath(import.meta.url);
  if (!here.endsWith(".ts")) {
    // The bundle has this module and the generator in one file.
    hash.update(readFileSync(here));
    for (const name of runtimeHeaders()) hash.update(`\n${name}\n`).update(runtimeHeader(name));
    return hash.digest("hex");
  }
  const engine = new URL("../../../", import.meta.url);
  const files = readdirSync(engine, { recursive: true, encoding: "utf8" }).filter(
    (file) => /\.(ts|h)$/.test(file) && !file.endsWith(".test.ts") && !file.includes("conformance"),
  );
  for (const file of files.sort()) hash.update(`\n${file}\n`).update(readFileSync(new URL(file, engine)));
  return hash.digest("hex");
}
