/**
 * ONNX lowerings for WebGPU. A node without a kernel there runs on the CPU, and its values are copied both ways: so products
 * and convolutions use those that have one. Where a kernel falls short, the operation is asked for in float64, for which
 * there are none.
 */
import type { Node } from "../../ir/expr.ts";
import { maxPoolIndices, type PoolAttributes } from "../../ops/images/pool.ts";
import type { Emitter } from "./emitter.ts";
import { maxPool, weightGradientByConvolution } from "./image_lowerings.ts";
import { ONNX_LOWERINGS } from "./lowerings.ts";

type Names = readonly string[];

export const WEBGPU_LOWERINGS: typeof ONNX_LOWERINGS = {
  ...ONNX_LOWERINGS,
  // WGSL promises an absolute error of 2⁻¹¹ between -π and π, and nothing beyond.
  sin: precise("Sin"),
  cos: precise("Cos"),
  matmul,
  convWeightGradient: weightGradientByConvolution,
  maxPool2d: (node, inputs, emitter) => pool(node, inputs, emitter)[0]!,
  maxPoolIndices: (node, inputs, emitter) => pool(node, inputs, emitter)[1]!,
};

/** Without FusedMatMul, which has no kernel. */
function matmul(
  { attributes, inputs }: Node<{ transposeA: boolean; transposeB: boolean }>,
  names: Names,
  emitter: Emitter,
): string {
  const transposed = [attributes.transposeA, attributes.transposeB];
  if (!transposed.includes(true)) return emitter.op("MatMul", names);
  if (inputs.every(({ rank }) => rank === 2)) {
    return emitter.op("Gemm", names, { transA: Number(transposed[0]), transB: Number(transposed[1]) });
  }
  const factors = names.map((name, i) => (transposed[i] ? swapLastAxes(emitter, name, inputs[i]!.rank) : name));
  return emitter.op("MatMul", factors);
}

function swapLastAxes(emitter: Emitter, name: string, rank: number): string {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return emitter.op("Transpose", [name], { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
}

function precise(type: string) {
  return ({ dtype }: Node<unknown>, [x]: Names, emitter: Emitter): string =>
    emitter.cast(emitter.op(type, [emitter.cast(x!, "float64")]), dtype);
}

/** WebGPU's MaxPool cannot say which elements won: without a gradient, it need not. */
function pool(node: Node<PoolAttributes>, [x]: Names, emitter: Emitter): Names {
  const { window } = node.attributes;
  const source = node.inputs[0]!;
  const sameWindow = JSON.stringify(window);
  const asksForIndices = emitter
    .consumersOf(source)
    .some((other) => maxPoolIndices.is(other) && JSON.stringify(other.attributes.window) === sameWindow);
  if (!asksForIndices) return maxPool(node, [x!], emitter, { outputs: 1 });
  return emitter.once(`precise maxPool:${source.id}:${sameWindow}`, () => {
    const [values, indices] = maxPool(node, [emitter.cast(x!, "float64")], emitter);
    return [emitter.cast(values!, source.dtype), indices!];
  });
}
