import { expect, it } from "vitest";
import { frameWindow } from "./delta_windows.ts";

const EPISODE = { fromIndex: 10, toIndex: 20 };

it("turns offsets in seconds into frames of the episode, padded at its ends", () => {
  expect(frameWindow(11, EPISODE, [-0.2, -0.1, 0, 0.3, 0.9], 10)).toEqual({
    indices: [10, 10, 11, 14, 19],
    isPad: [true, false, false, false, true],
  });
});

it("accepts only multiples of a frame's time, up to rounding", () => {
  expect(frameWindow(15, EPISODE, [1 / 30, -2 / 30], 30).indices).toEqual([16, 13]);
  expect(() => frameWindow(15, EPISODE, [0.05], 10)).toThrow("0.05 s is not a whole number of frames at 10");
});
