import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { allocateNumeric } from "../schema/columns.ts";
import { elementCount, type Features, NUMERIC_DTYPES, type NumericDtype } from "../schema/features.ts";
import type { PackedColumn } from "./packed_column.ts";
import { encodeParquet } from "./parquet_appender.ts";
import { ParquetFile } from "./parquet_reader.ts";
import { dataSchema } from "./parquet_schema.ts";

/** Written, then read back by the library, like any other reader. */
async function readBack(shape: readonly number[], column: PackedColumn) {
  const folder = await mkdtemp(join(tmpdir(), "handrail-packed-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const features: Features = { [column.name]: { dtype: column.dtype, shape: [...shape], names: null } };
  await writeFile(join(folder, "a.parquet"), encodeParquet({ schema: dataSchema(features) }, [column]));
  const file = await ParquetFile.open(folder, "a.parquet");
  const rows = await file.readRaw(column.name);
  const { statistics } = file.metadata.row_groups[0]!.columns[0]!.meta_data!;
  await file.close();
  return { rows, statistics };
}

const EXTREMES: Readonly<Record<NumericDtype, readonly number[]>> = {
  float32: [Math.fround(-1e38), -0, Math.fround(0.1), Math.fround(3e38)],
  float64: [Number.MIN_SAFE_INTEGER / 3, 0.1, 1e308],
  int8: [-128, 0, 127],
  int16: [-32768, 5, 32767],
  int32: [-(2 ** 31), -1, 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, -1, -(2 ** 32), 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER],
  uint8: [0, 255],
  uint16: [0, 65535],
  uint32: [0, 2 ** 32 - 1],
  bool: [1, 0, 0, 1, 1, 1, 0, 1, 0, 1],
};

it.each(NUMERIC_DTYPES)("keeps every bit of %s, and records its range", async (dtype) => {
  const values = EXTREMES[dtype];
  const data = allocateNumeric(dtype, values.length);
  data.set(values);
  const { rows, statistics } = await readBack([1], { name: "x", dtype, lists: [], data, rows: values.length });
  expect(rows.map(Number)).toEqual(values.map(Number));
  expect([statistics?.min_value, statistics?.max_value].map(Number)).toEqual([
    Math.min(...values),
    Math.max(...values),
  ]);
});

it.each([[[3]], [[2, 3]], [[2, 1, 4]], [[9]]])(
  "keeps the lists of rows of shape %j, over several pages",
  async (shape) => {
    const width = elementCount(shape);
    const rows = Math.ceil(140_000 / width);
    const data = Float32Array.from({ length: rows * width }, (_, i) => Math.fround(Math.sin(i)));
    const back = await readBack(shape, { name: "x", dtype: "float32", lists: shape, data, rows });
    expect(back.rows.length).toBe(rows);
    const found = Float32Array.from(back.rows.flat(shape.length) as number[]);
    expect(Buffer.from(found.buffer).equals(Buffer.from(data.buffer))).toBe(true);
    const depths = new Set(back.rows.map((row) => JSON.stringify(row).replace(/[^[\]]+/g, "")));
    expect(depths.size).toBe(1);
  },
);

it("refuses an int64 that is not a whole number", async () => {
  const column = { name: "x", dtype: "int64", lists: [], data: Float64Array.of(1, 0.5), rows: 2 } as const;
  await expect(readBack([1], column)).rejects.toThrow("an int64 value is 0.5");
});
