import { expect, it } from "vitest";
import { toChannelsFirst, toChannelsLast } from "./image_layout.ts";

it.each([1, 3, 4])("moves %i channels to the front and back again", (channels) => {
  const size = { height: 2, width: 3, channels };
  const pixels = Uint8Array.from({ length: 6 * channels }, (_, i) => i);
  const planes = toChannelsFirst(pixels, size);
  const every = (first: number) => Array.from({ length: 6 }, (_, i) => first + channels * i);
  expect(Array.from(planes.subarray(0, 6))).toEqual(every(0));
  expect(Array.from(planes.subarray(-6))).toEqual(every(channels - 1));
  expect(toChannelsLast(planes, size)).toEqual(pixels);
});
