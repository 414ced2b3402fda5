/** The C backend: programs compiled for this machine. */
import type { Backend } from "../../backend.ts";
import { generate } from "./codegen/generate.ts";
import { makeCompiledBackend } from "./compiled_backend.ts";

export const compiledBackend: Backend = makeCompiledBackend(generate);
