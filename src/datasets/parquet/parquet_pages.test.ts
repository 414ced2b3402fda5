/** Files that declare more than they hold give an error quickly, without hanging or exhausting memory. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ByteWriter } from "hyparquet-writer";
import { writePageHeader } from "hyparquet-writer/src/datapage.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Random } from "../../tensor/random.ts";
import { encodeParquet } from "./parquet_appender.ts";
import { type ColumnShape, openPages, ReadBudget } from "./parquet_pages.ts";
import { ParquetFile } from "./parquet_reader.ts";
import { fileSchema, float64Column, int64Column, numberListColumn, stringListColumn } from "./parquet_schema.ts";

const INT32: ColumnShape = {
  codec: "SNAPPY",
  type: "INT32",
  maxRepetitionLevel: 0,
  maxDefinitionLevel: 1,
  values: 100,
};

/** A chunk of one page of the first version, with these levels and values. */
function chunk(levels: readonly number[], values: Uint8Array, { count = 100, encoding = "PLAIN" as const } = {}) {
  const body = Buffer.concat([Uint32Array.of(levels.length), Uint8Array.from(levels), values].map(bytesOf));
  const bytes = new ByteWriter();
  writePageHeader(bytes, {
    type: "DATA_PAGE",
    uncompressed_page_size: body.length,
    compressed_page_size: body.length,
    data_page_header: {
      num_values: count,
      encoding,
      definition_level_encoding: "RLE",
      repetition_level_encoding: "RLE",
    },
  });
  bytes.appendBytes(body);
  return bytes.getBytes().slice().buffer as ArrayBuffer;
}

const bytesOf = (array: Uint8Array | Uint32Array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

const open = (bytes: ArrayBuffer, column: Partial<ColumnShape> = {}) =>
  openPages(bytes, { ...INT32, codec: "UNCOMPRESSED", ...column }, new ReadBudget(1000));

const ALL_PRESENT = [200, 1, 1]; // a run of 100 ones

describe("the pages of a column", () => {
  it("are accepted if their counts agree", () => {
    expect([...open(chunk(ALL_PRESENT, new Uint8Array(400))).values()].map(({ length }) => length)).toEqual([407]);
  });

  it.each([
    [
      "a run of 2³⁰ values in five bytes",
      [0xfe, 0xff, 0xff, 0xff, 0x07, 1],
      /a run of 1073741823 values, where 100 are/,
    ],
    ["2³¹ bit-packed values", [0xff, 0xff, 0xff, 0xff, 0x0f, 1], /a run of \d+ values, where 100 are left/],
    ["runs of no value", [0, 0, 0, 0], /a run of 0 values/],
    ["runs that end too early", [20, 1], /end after 10 of 100 values/],
    ["a count that never ends", Array(40).fill(0xff), /end after 0 of 100/],
  ])("with %s in their levels are refused", (_, levels, problem) => {
    expect(() => open(chunk(levels, new Uint8Array(400)))).toThrow(problem);
  });

  it("with such a run among the indices of a dictionary are refused, wherever values are missing", () => {
    const values = Uint8Array.of(8, 0xfe, 0xff, 0xff, 0xff, 0x07, 1);
    const encoding = "RLE_DICTIONARY" as never;
    expect(() => open(chunk(ALL_PRESENT, values, { encoding }))).toThrow(/a run of 1073741823 values/);
    // 60 of 100 are there, in two runs; what follows them is not checked.
    const levels = [120, 1, 80, 0];
    const indices = Uint8Array.of(8, 120, 3, 0xff, 0xff, 0xff, 0xff);
    expect(open(chunk(levels, indices, { encoding })).size).toBe(1);
  });

  it("that declare more values than the file does are refused", () => {
    expect(() => open(chunk(ALL_PRESENT, new Uint8Array(400), { count: 101 }))).toThrow(
      "101 values; 100 of 100 are left",
    );
    expect(() => open(chunk(ALL_PRESENT, new Uint8Array(400), { count: -1 }))).toThrow("declares -1 values");
  });

  it("that would unpack to gigabytes are refused beforehand", () => {
    const bytes = new ByteWriter();
    const size = 2 ** 31 - 1;
    const header = { num_values: 1, encoding: "PLAIN" as const };
    writePageHeader(bytes, {
      type: "DICTIONARY_PAGE",
      uncompressed_page_size: size,
      compressed_page_size: 10,
      dictionary_page_header: header,
    });
    bytes.appendBytes(new Uint8Array(10));
    const page = bytes.getBytes().slice().buffer as ArrayBuffer;
    expect(() => open(page, { codec: "ZSTD" })).toThrow("unpacks to far more than plausible for a file of its size");
  });
});

describe("a parquet file", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-parquet-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const schema = fileSchema([
    ...[
      int64Column("index"),
      float64Column("value"),
      numberListColumn("list", 1, "float64"),
      stringListColumn("texts"),
    ],
  ]);
  const rows = 50;
  const file = encodeParquet({ schema }, [
    { name: "index", data: Array.from({ length: rows }, (_, i) => BigInt(i)) },
    { name: "value", data: Array.from({ length: rows }, (_, i) => i % 3) },
    { name: "list", data: Array.from({ length: rows }, (_, i) => [i, 1, 2]) },
    { name: "texts", data: Array.from({ length: rows }, (_, i) => (i % 2 ? ["pick up"] : ["pick", "place"])) },
  ]);

  async function read(bytes: Uint8Array): Promise<void> {
    await writeFile(join(folder, "f.parquet"), bytes);
    const opened = await ParquetFile.open(folder, "f.parquet");
    try {
      for (const name of opened.columnNames) await opened.readRaw(name);
    } finally {
      await opened.close();
    }
  }

  it("with any bit flipped is read or refused at once", async () => {
    await read(file);
    const random = new Random(3);
    let refused = 0;
    for (let attempt = 0; attempt < 400; attempt++) {
      const bytes = file.slice();
      const at = random.integer(bytes.length);
      bytes[at]! ^= 1 << random.integer(8);
      await read(bytes).catch((error: Error) => {
        expect(error.name).toBe("DatasetError");
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(50);
  });

  it("that declares a row per bit is refused", async () => {
    const many = 100_000;
    const zeros = { name: "index", data: Array.from({ length: many }, () => 0n) };
    const small = encodeParquet({ schema: fileSchema([int64Column("index")]) }, [zeros]);
    expect(small.length).toBeLessThan(many);
    await expect(read(small)).rejects.toThrow(/not a complete parquet file \(it declares 100000 rows, in \d+ bytes\)/);
  });
});
