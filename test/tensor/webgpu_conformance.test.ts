/** Every operation on WebGPU, against the reference. */
import { describe, expect, test } from "vitest";
import { describeBackend } from "../../src/tensor/backends/conformance/describe_backend.ts";
import { compile, grad, onnxruntimeNode, ops, Random, spec, Tensor } from "../../src/tensor/index.ts";
import { onWebgpu, softwareGpu, useSoftwareGpu } from "../webgpu.ts";

useSoftwareGpu();

describe.skipIf(softwareGpu.missing !== undefined)(onWebgpu("on webgpu"), () => {
  describeBackend({
    ...onnxruntimeNode,
    compile: (program, options) => onnxruntimeNode.compile(program, { device: "webgpu", ...options }),
  });

  test("the weight gradient that the CPU computes by phases agrees", async () => {
    const random = new Random(0);
    const normal = (...shape: number[]) =>
      Tensor.of(shape, random.fillNormal(new Float32Array(shape.reduce((a, b) => a * b))));
    const inputs = { x: normal(2, 16, 36, 38), w: normal(3, 16, 5, 5), g: normal(2, 3, 12, 13) };
    const onDevice = async (device: string) => {
      const program = compile(
        ({ inputs: { x, w, g } }) => {
          const y = ops.conv2d(x, w, undefined, { stride: 3, padding: 2 });
          return { outputs: grad(ops.sum(ops.mul(y, g)), w) };
        },
        { inputs: { x: spec([2, 16, 36, 38]), w: spec([3, 16, 5, 5]), g: spec([2, 3, 12, 13]) } },
        { backend: onnxruntimeNode, device },
      );
      expect(new TextDecoder("latin1").decode(program.onnx())).toContain("SpaceToDepth");
      const { data } = await program.run(inputs);
      await program.dispose();
      return Array.from(data, Number);
    };
    const [expected, actual] = [await onDevice("cpu"), await onDevice("webgpu")];
    for (const [i, value] of expected.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-4);
  });
});
