/** The default backend: compiled programs where this machine can compile, ONNX Runtime for the rest. */
import type { Backend } from "../backend.ts";
import { makeAutomaticBackend } from "./automatic_backend.ts";
import { compiledBackend } from "./c/backend.ts";
import { onnxruntimeNode } from "./onnx/onnxruntime_node.ts";

export const cpuBackend: Backend = makeAutomaticBackend(compiledBackend, onnxruntimeNode);
