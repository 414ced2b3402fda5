import { expect, it } from "vitest";
import { type Feature, imageSize, withIndexFeatures } from "./features.ts";

const camera = (shape: number[], names?: string[]): Feature => ({ dtype: "video", shape, names: names ?? null });
const SIZE = { height: 48, width: 64, channels: 3 };

it.each([
  [
    [48, 64, 3],
    ["height", "width", "channels"],
  ],
  [
    [3, 48, 64],
    ["channels", "height", "width"],
  ],
  [[3, 48, 64], undefined],
  [[48, 64, 3], undefined],
  // Names that contradict the shape occur in old recordings.
  [
    [3, 48, 64],
    ["height", "width", "channel"],
  ],
])("reads the size of a camera of shape %j named %j", (shape, names) => {
  expect(imageSize("front", camera(shape, names))).toEqual(SIZE);
});

it("uses the names if only they can decide", () => {
  expect(imageSize("x", camera([3, 4, 1], ["channels", "height", "width"]))).toMatchObject({ channels: 3, height: 4 });
  expect(imageSize("x", camera([3, 4, 1], ["height", "width", "channels"]))).toMatchObject({ channels: 1, height: 3 });
  expect(() => imageSize("x", camera([48, 64]))).toThrow('feature "x": a camera has 3 axes');
});

it("adds the index features after the user's", () => {
  expect(Object.keys(withIndexFeatures({ action: { dtype: "float32", shape: [2] } }))).toEqual([
    "action",
    "timestamp",
    "frame_index",
    "episode_index",
    "index",
    "task_index",
  ]);
});
