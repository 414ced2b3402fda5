import { expect, it } from "vitest";
import { toChannelsFirst, toChannelsLast } from "./image_layout.ts";

it("moves channels to the front and back again", () => {
  const size = { height: 2, width: 3, channels: 3 };
  const pixels = Uint8Array.from({ length: 18 }, (_, i) => i);
  const planes = toChannelsFirst(pixels, size);
  expect(Array.from(planes.subarray(0, 6))).toEqual([0, 3, 6, 9, 12, 15]);
  expect(Array.from(planes.subarray(12))).toEqual([2, 5, 8, 11, 14, 17]);
  expect(toChannelsLast(planes, size)).toEqual(pixels);
});
