/** Training steps on WebGPU give what they give on the CPU. */
import { describe, expect, it } from "vitest";
import type { BatchIterator } from "../../src/algorithms/algorithm.ts";
import { type CompileOptions, Random, Tensor } from "../../src/tensor/index.ts";
import type { TensorRecord } from "../../src/tensor/safetensors/layout.ts";
import { onWebgpu, softwareGpu, useSoftwareGpu } from "../webgpu.ts";
import { CAMERA, STATE, smallSac, WITH_CAMERA } from "./small.ts";

const BATCH = 4;
const WRIST = "observation.images.wrist";
const TWO_CAMERAS_AND_A_GRIPPER = {
  input_features: { ...WITH_CAMERA.input_features, [WRIST]: { type: "VISUAL", shape: [3, 48, 48] } },
  num_discrete_actions: 3,
};

useSoftwareGpu();

/** The same batches every time. */
function batches(): BatchIterator {
  const random = new Random(3);
  const uniform = (shape: readonly number[], low: number) =>
    Tensor.of(shape, random.fillUniform(new Float32Array(shape.reduce((a, b) => a * b)), low, 1));
  const observation = () => ({
    [STATE]: uniform([BATCH, 3], -1),
    [CAMERA]: uniform([BATCH, 3, 48, 48], 0),
    [WRIST]: uniform([BATCH, 3, 48, 48], 0),
  });
  const action = () => {
    const values = uniform([BATCH, 3], -1);
    for (let row = 0; row < BATCH; row++) values.data[3 * row + 2] = random.integer(3);
    return values;
  };
  return {
    next: async () => ({
      size: BATCH,
      observation: observation(),
      nextObservation: observation(),
      action: action(),
      reward: uniform([BATCH], 0),
      done: Tensor.zeros([BATCH]),
      truncated: Tensor.zeros([BATCH]),
      complementaryInfo: { discrete_penalty: uniform([BATCH], 0) },
    }),
  };
}

async function trained(compile: CompileOptions, updates: number) {
  const engines = new Set<string>();
  const onCompiled = (engine: string) => void engines.add(engine);
  const options = { random: new Random(5), onCompiled, ...compile };
  const algorithm = smallSac({ policy: TWO_CAMERAS_AND_A_GRIPPER }, options);
  const before = algorithm.weights();
  const iterator = batches();
  for (let i = 0; i < updates; i++) await algorithm.update(iterator);
  const result = { before, weights: algorithm.weights(), training: algorithm.trainingState().optimizers, engines };
  await algorithm.dispose();
  return result;
}

/** The distance of all values, relative to their length. */
function distance(a: TensorRecord, b: TensorRecord): number {
  let [difference, length] = [0, 0];
  for (const [name, { data }] of Object.entries(a)) {
    for (const [i, value] of (data as Float32Array).entries()) {
      difference += (value - Number(b[name]!.data[i])) ** 2;
      length += value ** 2;
    }
  }
  return Math.sqrt(difference / length);
}

describe.skipIf(softwareGpu.missing !== undefined)(onWebgpu("soft actor-critic on webgpu"), () => {
  it("learns from two cameras, a state and a gripper what it learns on the CPU: weights and optimisers agree to 1e-6", async () => {
    const onCpu = await trained({ engine: "onnx" }, 3);
    const onGpu = await trained({ device: "webgpu" }, 3);
    expect([...onGpu.engines]).toEqual(["ONNX Runtime on webgpu, 1 thread"]);
    expect(distance(onCpu.weights, onCpu.before)).toBeGreaterThan(1e-3);
    expect(distance(onCpu.weights, onGpu.weights)).toBeLessThan(1e-6);
    expect(distance(onCpu.training, onGpu.training)).toBeLessThan(1e-6);
  });
});
