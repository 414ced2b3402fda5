/** All backends against the reference, and against each other. */
import { compiledBackend } from "../../src/tensor/backends/c/backend.ts";
import { describeBackend } from "../../src/tensor/backends/conformance/describe_backend.ts";
import { onnxruntimeNode } from "../../src/tensor/backends/onnx/onnxruntime_node.ts";
import { onnxruntimeWeb } from "../../src/tensor/backends/onnx/onnxruntime_web.ts";

describeBackend(onnxruntimeNode);
describeBackend(onnxruntimeWeb, { against: onnxruntimeNode });
describeBackend(compiledBackend, { against: onnxruntimeNode });
