import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Random } from "../../tensor/random.ts";
import { decodePng, encodePng } from "./png.ts";

const random = new Random(1);

/** Smooth in places and noisy in others, so that encoders use every row filter. */
function picture(height: number, width: number, channels: number): Uint8Array {
  return Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const x = Math.floor(i / channels) % width;
    const y = Math.floor(i / channels / width);
    return y % 4 === 0 ? random.integer(256) : (x * 3 + y * 5 * (i % channels)) % 256;
  });
}

describe("PNG", () => {
  it.each([1, 2, 3, 4])("returns every byte of an image of %i channels", (channels) => {
    const image = { height: 13, width: 7, channels, data: picture(13, 7, channels) };
    expect(decodePng(encodePng(image))).toEqual(image);
  });

  it("writes images that another decoder reads identically", async () => {
    const data = picture(40, 30, 3);
    const { data: read, info } = await sharp(encodePng({ height: 40, width: 30, channels: 3, data }))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.height, info.width, info.channels]).toEqual([40, 30, 3]);
    expect(new Uint8Array(read)).toEqual(data);
  });

  it.each([1, 3, 4] as const)("reads another encoder's output with adaptive filters, %i channels", async (channels) => {
    const data = picture(64, 48, channels);
    const raw = sharp(data, { raw: { width: 48, height: 64, channels } });
    const colour = channels === 1 ? raw.toColourspace("b-w") : raw;
    const png = await colour.png({ adaptiveFiltering: true, compressionLevel: 9 }).toBuffer();
    expect(decodePng(png)).toEqual({ height: 64, width: 48, channels, data });
  });

  it("names the problem with unreadable bytes", async () => {
    const png = encodePng({ height: 8, width: 8, channels: 3, data: picture(8, 8, 3) });
    expect(() => decodePng(new Uint8Array(50))).toThrow("not a PNG");
    expect(() => decodePng(png.subarray(0, 60))).toThrow("damaged");
    const damaged = Uint8Array.from(png);
    damaged.fill(0, 50, 70);
    expect(() => decodePng(damaged)).toThrow(/damaged|ends too early|filter/);
    const deep = await sharp(new Uint16Array(64), { raw: { width: 8, height: 8, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect(() => decodePng(deep)).toThrow("unsupported PNG: 16 bits");
    expect(() => encodePng({ height: 2, width: 2, channels: 3, data: new Uint8Array(11) })).toThrow("2 × 2 × 3 bytes");
    expect(() => encodePng({ height: 2, width: 2, channels: 5, data: new Uint8Array(20) })).toThrow("1 to 4 channels");
  });

  it("unpacks only images of the expected size, however small the file", () => {
    const png = encodePng({ height: 8, width: 8, channels: 3, data: picture(8, 8, 3) });
    expect(decodePng(png, { height: 8, width: 8, channels: 3 }).width).toBe(8);
    expect(() => decodePng(png, { height: 8, width: 9, channels: 3 })).toThrow("the image is 8 × 8 × 3, not 8 × 9 × 3");
    const bomb = Buffer.from(png);
    bomb.writeUInt32BE(40_000, 16);
    bomb.writeUInt32BE(40_000, 20);
    expect(() => decodePng(bomb)).toThrow("a PNG of 40000 × 40000 × 3 is too large or empty");
  });

  it("unpacks no more than a file's declared size", () => {
    const [small, large] = [8, 512].map((side) => {
      return encodePng({ height: side, width: side, channels: 3, data: new Uint8Array(side * side * 3) });
    });
    const bomb = Buffer.concat([small!.subarray(0, 33), large!.subarray(33)]); // one's header, the other's data
    expect(() => decodePng(bomb)).toThrow("damaged");
  });
});
