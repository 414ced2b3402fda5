import fc from "fast-check";
import { expect, test } from "vitest";
import { Tensor } from "../../tensor/tensor.ts";
import { processorSteps } from "../step_registry.ts";
import { makeTransition } from "../transition.ts";
import { ImageCropResizeProcessorStep } from "./image_crop_resize_step.ts";
import { cropImage, resizeImage } from "./image_resize.ts";
import { VanillaObservationProcessorStep } from "./observation_step.ts";

const FRONT = "observation.images.front";

function ramp(channels: number, height: number, width: number) {
  const data = Float32Array.from({ length: channels * height * width }, (_, i) => i);
  return { channels, height, width, data };
}

test("Gymnasium's names and layout become LeRobot's, bytes stay bytes", () => {
  const pixels = new Tensor("uint8", [1, 2, 3], Uint8Array.of(10, 20, 30, 11, 21, 31));
  const observation = {
    "pixels.front": pixels,
    agent_pos: Tensor.of([2], [1, 2]),
    environment_state: Tensor.of([1], [3]),
  };
  const step = new VanillaObservationProcessorStep();
  const result = step.apply(makeTransition({ observation })).observation!;
  expect(Object.keys(result)).toEqual([FRONT, "observation.state", "observation.environment_state"]);
  expect(result[FRONT]).toEqual(new Tensor("uint8", [3, 1, 2], Uint8Array.of(10, 11, 20, 21, 30, 31)));
  const features = step.transformFeatures({
    observation: { "pixels.front": { type: "VISUAL", shape: [1, 2, 3] }, agent_pos: { type: "STATE", shape: [2] } },
    action: {},
  });
  expect(features.observation).toEqual({
    [FRONT]: { type: "VISUAL", shape: [3, 1, 2] },
    "observation.state": { type: "STATE", shape: [2] },
  });
});

test("an image that is already channels-first is refused rather than scrambled", () => {
  const observation = { "pixels.front": new Tensor("uint8", [3, 128, 128], new Uint8Array(3 * 128 * 128)) };
  expect(() => new VanillaObservationProcessorStep().apply(makeTransition({ observation }))).toThrow(
    '"pixels.front" has shape [3, 128, 128], expected [height, width, channels]',
  );
});

test("a crop is the rectangle it names, in every channel", () => {
  expect([...cropImage(ramp(2, 3, 4), [1, 2, 2, 2]).data]).toEqual([6, 7, 10, 11, 18, 19, 22, 23]);
});

test("halving a ramp gives Pillow's antialiased values", () => {
  // Triangle of half-width 2 around each output centre, cut off at the border and normalised.
  const { data } = resizeImage({ channels: 1, height: 1, width: 4, data: Float32Array.of(0, 1, 2, 3) }, 1, 2);
  expect(data[0]).toBeCloseTo((0.75 * 0 + 0.75 * 1 + 0.25 * 2) / 1.75, 6);
  expect(data[1]).toBeCloseTo((0.25 * 1 + 0.75 * 2 + 0.75 * 3) / 1.75, 6);
});

test("doubling interpolates between pixel centres and repeats the border", () => {
  const { data } = resizeImage({ channels: 1, height: 1, width: 2, data: Float32Array.of(0, 4) }, 1, 4);
  expect([...data]).toEqual([0, 1, 3, 4]);
});

test("a flat image stays flat and no value leaves the range, at any size", () => {
  const size = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(
      size,
      size,
      size,
      size,
      fc.integer({ min: 0, max: 255 }),
      (height, width, newHeight, newWidth, level) => {
        const flat = { channels: 2, height, width, data: new Uint8Array(2 * height * width).fill(level) };
        const { data } = resizeImage(flat, newHeight, newWidth);
        expect(data).toEqual(new Uint8Array(2 * newHeight * newWidth).fill(level));
      },
    ),
    { numRuns: 50 },
  );
});

test("the step crops its cameras, resizes all and passes the new shape to the next step", () => {
  const step = new ImageCropResizeProcessorStep({ cropParams: { [FRONT]: [0, 0, 2, 2] }, resizeSize: [4, 4] });
  const image = (height: number, width: number) =>
    new Tensor("uint8", [3, height, width], new Uint8Array(3 * height * width).fill(7));
  const observation = {
    [FRONT]: image(6, 8),
    "observation.images.wrist": image(3, 5),
    "observation.state": Tensor.of([1], [1]),
  };
  const result = step.apply(makeTransition({ observation })).observation!;
  expect(result[FRONT]).toEqual(image(4, 4));
  expect(result["observation.images.wrist"]).toEqual(image(4, 4));
  expect(result["observation.state"]).toBe(observation["observation.state"]);
  const features = step.transformFeatures({
    observation: { [FRONT]: { type: "VISUAL", shape: [3, 6, 8] } },
    action: {},
  });
  expect(features.observation[FRONT]!.shape).toEqual([3, 4, 4]);
});

test("a crop outside the picture, or of a missing camera, is found when the pipeline is built", () => {
  const step = new ImageCropResizeProcessorStep({ cropParams: { [FRONT]: [100, 0, 50, 50] } });
  const transform = (key: string) => () =>
    step.transformFeatures({ observation: { [key]: { type: "VISUAL", shape: [3, 128, 128] } }, action: {} });
  expect(transform(FRONT)).toThrow(`"${FRONT}" is 128 × 128: the crop [100, 0, 50, 50] reaches outside`);
  expect(transform("observation.images.fornt")).toThrow('Did you mean "observation.images.fornt"?');
});

test.each([
  ["observation_processor", {}],
  ["image_crop_resize_processor", { crop_params_dict: { [FRONT]: [1, 2, 3, 4] }, resize_size: [128, 128] }],
  ["time_limit_processor", { max_episode_steps: 150 }],
  ["intervention_action_processor", { terminate_on_success: false }],
  ["gripper_penalty_processor", { penalty: -0.05, max_gripper_pos: 30 }],
  ["gym_hil_adapter_processor", {}],
])("%s is built again from its own config", (name, config) => {
  const step = processorSteps.create(name, config, {}, "test");
  expect(step.name).toBe(name);
  expect(step.config()).toEqual(config);
});
