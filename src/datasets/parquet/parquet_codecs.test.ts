import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { decompress } from "./parquet_codecs.ts";
import { ParquetFile } from "./parquet_reader.ts";

/**
 * Written by pyarrow 25, `compression=c, data_page_version=v`: `i`: 0², 1² … 39² and a null; `v`: lists [i, i + 0.5];
 * `s`: one text; `b`: every second one true.
 */
const FOLDER = join(import.meta.dirname, "../../../test/data/parquet_codecs");

it.each(await readdir(FOLDER))("reads %s, written by Arrow", async (name) => {
  const file = await ParquetFile.open(FOLDER, name);
  try {
    const whole = await file.readRaw("i");
    expect([whole.length, whole[39], whole[40]]).toEqual([41, 1521n, null]);
    expect(await file.readRaw("v", 7, 9)).toEqual([
      [7, 7.5],
      [8, 8.5],
    ]);
    expect(await file.readRaw("b", 0, 3)).toEqual([true, false, true]);
    expect(Buffer.from((await file.readRaw("s"))[40] as Uint8Array).toString()).toBe("pick up the cube");
  } finally {
    await file.close();
  }
});

it("names an unsupported codec, and does not unpack more than a page declares", () => {
  expect(() => decompress(new Uint8Array(3), 10, "LZO")).toThrow("compressed with LZO, which is not supported");
  expect(() => decompress(new Uint8Array(3), 10, "UNCOMPRESSED")).toThrow("a page has 3 bytes and declares 10");
});
