/** Both runtimes against the reference, and against each other. */
import { describeExecutor } from "../../src/tensor/runtime/conformance/describe_executor.ts";
import { onnxruntimeNode } from "../../src/tensor/runtime/onnxruntime_node.ts";
import { onnxruntimeWeb } from "../../src/tensor/runtime/onnxruntime_web.ts";

describeExecutor(onnxruntimeNode);
describeExecutor(onnxruntimeWeb, { against: onnxruntimeNode });
