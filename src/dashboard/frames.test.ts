import { expect, test } from "vitest";
import { decodeFrame, encodeImage, encodePoses } from "./frames.ts";

test("poses are decoded as they were encoded", () => {
  const poses = Float32Array.from({ length: 14 }, (_, i) => i / 3);
  const frame = decodeFrame(encodePoses({ episode: 70_000, step: 3, poses }).buffer);
  expect(frame).toEqual({ type: "poses", episode: 70_000, step: 3, poses });
});

test("images are decoded as they were encoded", () => {
  const rgb = Uint8Array.from({ length: 2 * 3 * 3 }, (_, i) => 10 * i);
  const frame = decodeFrame(encodeImage({ camera: 1, width: 2, height: 3, rgb }).buffer);
  expect(frame).toEqual({ type: "image", camera: 1, width: 2, height: 3, rgb });
});

test.each([
  ["empty", new Uint8Array(0)],
  ["of unknown type", new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0])],
  ["truncated", encodeImage({ camera: 0, width: 2, height: 2, rgb: new Uint8Array(12) }).slice(0, 15)],
])("a frame that is %s is refused", (_, bytes) => {
  expect(() => decodeFrame(bytes.buffer)).toThrow("not supported by this page");
});
