/** Converts image layouts: replay keeps images channels-first, files and cameras keep them interleaved. */
import type { ImageSize } from "./features.ts";

/** Height × width × channels → channels × height × width. */
export function toChannelsFirst(pixels: Uint8Array, { height, width, channels }: ImageSize): Uint8Array {
  const area = height * width;
  const planes = new Uint8Array(pixels.length);
  for (let c = 0; c < channels; c++) {
    for (let i = 0, from = c; i < area; i++, from += channels) planes[c * area + i] = pixels[from]!;
  }
  return planes;
}

/** Channels × height × width → height × width × channels. */
export function toChannelsLast(planes: Uint8Array, { height, width, channels }: ImageSize): Uint8Array {
  const area = height * width;
  const pixels = new Uint8Array(planes.length);
  if (channels === 3) {
    // Typical cameras, while the robot waits: all three at once is twice as fast as one after the other.
    for (let i = 0, to = 0; i < area; i++, to += 3) {
      pixels[to] = planes[i]!;
      pixels[to + 1] = planes[area + i]!;
      pixels[to + 2] = planes[2 * area + i]!;
    }
    return pixels;
  }
  for (let c = 0; c < channels; c++) {
    for (let i = 0, to = c; i < area; i++, to += channels) pixels[to] = planes[c * area + i]!;
  }
  return pixels;
}
