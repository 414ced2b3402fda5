import { expect, test } from "vitest";
import { grad } from "../../autodiff/grad.ts";
import { compile } from "../../compile.ts";
import * as ops from "../../ops/index.ts";
import { Random } from "../../random.ts";
import { type Shape, sizeOf } from "../../shape.ts";
import { Tensor } from "../../tensor.ts";
import { spec } from "../../trace.ts";
import { onnxruntimeNode } from "./onnxruntime_node.ts";

const random = new Random(0);
const normal = (shape: Shape) => Tensor.of(shape, random.fillNormal(new Float32Array(sizeOf(shape))));

/** ∂Σg·conv2d(x, w)/∂w, term by term. */
function weightGradient(g: Tensor, x: Tensor, shape: Shape, stride: number, [top, left]: readonly number[]): number[] {
  const at = ({ shape, data }: Tensor, ...index: number[]) => {
    const isInside = index.every((i, axis) => i >= 0 && i < shape[axis]!);
    return isInside ? Number(data[index.reduce((flat, i, axis) => flat * shape[axis]! + i, 0)]) : 0;
  };
  const [batch, , rows, columns] = g.shape as [number, number, number, number];
  const [out, channels, height, width] = shape as [number, number, number, number];
  const sums: number[] = [];
  for (let o = 0; o < out; o++)
    for (let c = 0; c < channels; c++)
      for (let i = 0; i < height; i++)
        for (let j = 0; j < width; j++) {
          let sum = 0;
          for (let n = 0; n < batch; n++)
            for (let r = 0; r < rows; r++)
              for (let q = 0; q < columns; q++)
                sum += at(g, n, o, r, q) * at(x, n, c, r * stride + i - top!, q * stride + j - left!);
          sums.push(sum);
        }
  return sums;
}

test.each([
  { kernel: [3, 3], stride: 2, padding: [0, 0, 0, 0], image: [27, 25] },
  { kernel: [3, 2], stride: 2, padding: [1, 0, 2, 1], image: [26, 28] },
  { kernel: [5, 5], stride: 3, padding: [2, 2, 2, 2], image: [36, 38] },
] as const)("the weight gradient by phases is right for %j", async ({ kernel, stride, padding, image }) => {
  const [x, w] = [normal([2, 16, ...image]), normal([3, 16, ...kernel])];
  const size = [0, 1].map((a) => Math.floor((image[a]! + padding[a]! + padding[a + 2]! - kernel[a]!) / stride) + 1);
  const g = normal([2, 3, ...size]);
  const program = compile(
    ({ inputs }) => {
      const y = ops.conv2d(inputs.x, inputs.w, undefined, { stride, padding });
      return { outputs: grad(ops.sum(ops.mul(y, inputs.g)), inputs.w) };
    },
    { inputs: { x: spec(x.shape), w: spec(w.shape), g: spec(g.shape) } },
    { backend: onnxruntimeNode },
  );
  expect(new TextDecoder("latin1").decode(program.onnx())).toContain("SpaceToDepth");
  const { data } = await program.run({ x, w, g });
  for (const [i, expected] of weightGradient(g, x, w.shape, stride, padding).entries()) {
    expect(Math.abs(Number(data[i]) - expected)).toBeLessThan(1e-4);
  }
  await program.dispose();
});
