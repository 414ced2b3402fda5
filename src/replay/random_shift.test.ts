import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { copyShifted } from "./random_shift.ts";

/** The definition, pixel by pixel: pad by replicating the border, then crop. */
function padAndCrop(image: Uint8Array, [channels, height, width]: [number, number, number], y: number, x: number) {
  const clamp = (value: number, limit: number) => Math.min(Math.max(value, 0), limit - 1);
  return Uint8Array.from({ length: channels * height * width }, (_, i) => {
    const column = i % width;
    const row = Math.floor(i / width) % height;
    const channel = Math.floor(i / (width * height));
    return image[(channel * height + clamp(row + y, height)) * width + clamp(column + x, width)]!;
  });
}

function shifted(image: Uint8Array, shape: [number, number, number], y: number, x: number): Uint8Array {
  const target = new Uint8Array(image.length);
  copyShifted(image, 0, target, 0, shape, y, x);
  return target;
}

describe("copyShifted", () => {
  it("equals padding with the border and cropping, for every offset and image shape", () => {
    const shape = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 7 }),
    );
    fc.assert(
      fc.property(shape, fc.infiniteStream(fc.nat(255)), (size, bytes) => {
        const [channels, height, width] = size;
        const image = Uint8Array.from(bytes.take(channels * height * width));
        for (let y = 1 - height; y < height; y++) {
          for (let x = 1 - width; x < width; x++) {
            expect(shifted(image, size, y, x)).toEqual(padAndCrop(image, size, y, x));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("moves the picture up and left for positive offsets and repeats the last row and column", () => {
    // biome-ignore format: a picture
    const image = Uint8Array.of(
      1, 2, 3,
      4, 5, 6,
      7, 8, 9,
    );
    // biome-ignore format: a picture
    expect([...shifted(image, [1, 3, 3], 1, 1)]).toEqual([
      5, 6, 6,
      8, 9, 9,
      8, 9, 9,
    ]);
  });

  it("reads and writes only its own image among others", () => {
    const source = Uint8Array.from({ length: 48 }, (_, i) => i);
    const target = new Uint8Array(48).fill(255);
    copyShifted(source, 16, target, 32, [1, 4, 4], -2, 3);
    expect(target.subarray(0, 32).every((value) => value === 255)).toBe(true);
    expect(target.subarray(32)).toEqual(padAndCrop(source.slice(16, 32), [1, 4, 4], -2, 3));
  });
});
