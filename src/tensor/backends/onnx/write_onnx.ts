/** Writes a traced program as an ONNX model. */
import type { Expr } from "../../ir/expr.ts";
import { consumersOf, isComputedEmpty, neededInputs } from "../../ir/passes.ts";
import { feedsOf, fetchesOf, type TracedProgram } from "../../ir/traced_program.ts";
import { Tensor } from "../../tensor.ts";
import { lower } from "../lowering.ts";
import { Emitter } from "./emitter.ts";
import { ONNX_LOWERINGS } from "./lowerings.ts";
import { WEBGPU_LOWERINGS } from "./webgpu_lowerings.ts";

/**
 * @param device that the model is for. Any computes the same; a model for the CPU (default) is right for most others.
 * @throws Error naming the operation that ONNX has no lowering for.
 */
export function writeOnnx(program: TracedProgram, device = "cpu"): Uint8Array<ArrayBuffer> {
  const table = device === "webgpu" ? WEBGPU_LOWERINGS : ONNX_LOWERINGS;
  const emitter = new Emitter(consumersOf(program.nodes));
  const values = new Map<Expr, string>();
  for (const node of program.nodes) {
    const inputs = neededInputs(node).map((input) => values.get(input)!);
    const value = isComputedEmpty(node)
      ? emitter.tensor(Tensor.zeros(node.shape, node.dtype))
      : lower("the ONNX backend", table, node, inputs, emitter);
    values.set(node, value);
  }
  return emitter.finish(
    feedsOf(program).map(({ name, expr: { dtype, shape } }) => ({ name, dtype, shape })),
    fetchesOf(program).map(({ name, expr }) => ({
      name,
      dtype: expr.dtype,
      shape: expr.shape,
      value: values.get(expr)!,
    })),
  );
}
