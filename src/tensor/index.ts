/** `handrail/tensor`: symbolic tensors, gradients and compiled programs. Knows nothing of reinforcement learning. */
import "./fluent.ts";

export { grad, valueAndGrad } from "./autodiff/grad.ts";
export { type Backend, type BackendOptions, deviceError, type Session } from "./backend.ts";
export { compiledBackend } from "./backends/c/backend.ts";
export { cpuBackend } from "./backends/cpu_backend.ts";
export { type LoweringTable, lower } from "./backends/lowering.ts";
export { onnxruntimeNode } from "./backends/onnx/onnxruntime_node.ts";
export { onnxruntimeWeb } from "./backends/onnx/onnxruntime_web.ts";
export { type CompileOptions, compile } from "./compile.ts";
export * from "./dtype.ts";
export { TraceError } from "./errors.ts";
export { Expr, type ExprLike } from "./ir/expr.ts";
export { constant } from "./ir/leaves.ts";
export { stopGradient } from "./ir/stop_gradient.ts";
export { feedsOf, fetchesOf, type NamedExpr, type TracedProgram } from "./ir/traced_program.ts";
export * as nn from "./nn/index.ts";
export * as ops from "./ops/index.ts";
export * as optim from "./optim/index.ts";
export { Program } from "./program.ts";
export { Random, type RandomState } from "./random.ts";
export type { Shape } from "./shape.ts";
export { State } from "./state.ts";
export { Tensor } from "./tensor.ts";
export {
  type Dimensions,
  type RandomInputs,
  type RandomSource,
  type Signature,
  type StepArguments,
  type StepResult,
  spec,
  TensorSpec,
} from "./trace.ts";
export { assertSameNames, flattenTree, type MapTree, mapLeaves, mapTree, type Tree, treeFromNames } from "./tree.ts";
