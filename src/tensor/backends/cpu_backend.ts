/** Compiled programs where this machine can compile, ONNX Runtime for the rest: one line of `compile.ts` makes it the default. */
import type { Backend } from "../backend.ts";
import { makeAutomaticBackend } from "./automatic_backend.ts";
import { compiledBackend } from "./c/backend.ts";
import { onnxruntimeNode } from "./onnx/onnxruntime_node.ts";

export const cpuBackend: Backend = makeAutomaticBackend(compiledBackend, onnxruntimeNode);
