/** The model that WebGPU is given; what it computes is in the conformance suite, where there is a driver. */
import { describe, expect, test } from "vitest";
import { countNodes, readNodes } from "../../../../test/tensor/onnx_nodes.ts";
import { compile, type Expr, grad, ops, spec } from "../../index.ts";
import { writeOnnx } from "./write_onnx.ts";

/** WebGPU grants a shader at least eight storage buffers. A Concat of more parts takes several passes by itself. */
const BUFFERS = 8;

function modelOf(shapes: readonly (readonly number[])[], step: (...inputs: Expr[]) => Expr | readonly Expr[]) {
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`x${i}`, spec(shape)]));
  const program = compile(({ inputs: traced }) => ({ outputs: step(...Object.values(traced)) as Expr[] }), { inputs });
  return writeOnnx(program.traced(), "webgpu");
}

describe("a model for WebGPU", () => {
  test("multiplies transposed matrices with operators that have kernels there", () => {
    const step = (a: Expr, b: Expr) => grad(ops.sum(ops.square(ops.matmul(a, b))), [a, b]) as readonly Expr[];
    const plain = countNodes(
      modelOf(
        [
          [4, 3],
          [3, 2],
        ],
        step,
      ),
    );
    const batched = countNodes(
      modelOf(
        [
          [5, 4, 3],
          [5, 3, 2],
        ],
        step,
      ),
    );
    expect([plain.FusedMatMul, batched.FusedMatMul]).toEqual([undefined, undefined]);
    expect([plain.Gemm, batched.Transpose]).toEqual([2, 2]);
  });

  test("computes weight gradients of strided convolutions without SpaceToDepth", () => {
    const shapes = [
      [2, 16, 36, 38],
      [3, 16, 5, 5],
    ];
    const counts = countNodes(
      modelOf(shapes, (x, w) => grad(ops.sum(ops.square(ops.conv2d(x, w, undefined, { stride: 3 }))), w)),
    );
    expect(counts.SpaceToDepth).toBeUndefined();
    expect(counts.Conv).toBe(2);
  });

  test("leaves a MaxPool to the CPU only where a gradient asks which elements won", () => {
    const values = countNodes(modelOf([[1, 1, 4, 4]], (x) => ops.maxPool2d(x, 2)));
    const gradient = countNodes(modelOf([[1, 1, 4, 4]], (x) => grad(ops.sum(ops.square(ops.maxPool2d(x, 2))), x)));
    expect(values).toEqual({ MaxPool: 1 });
    expect([gradient.MaxPool, gradient.Cast]).toEqual([1, 2]);
  });

  test("has no operator but Concat with more tensors than a shader's buffers", () => {
    const step = (x: Expr, weight: Expr, bias: Expr) => {
      const parts = ops.split(x, new Array<number>(20).fill(1), 0);
      const y = ops.layerNorm(ops.concat(parts.map((part) => ops.silu(part))), weight, bias);
      return grad(ops.sum(ops.square(y)), [x, weight, bias]) as readonly Expr[];
    };
    const nodes = readNodes(modelOf([[20, 3], [3], [3]], step)).filter(({ type }) => type !== "Concat");
    expect(nodes.map(({ type }) => type)).toEqual(expect.arrayContaining(["Split", "LayerNormalization"]));
    for (const { type, inputs, outputs } of nodes) {
      expect(inputs.length + outputs.length, type).toBeLessThanOrEqual(BUFFERS + Number(type === "Split"));
    }
  });
});
