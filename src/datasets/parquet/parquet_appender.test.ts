import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ParquetAppender } from "./parquet_appender.ts";
import { ParquetFile } from "./parquet_reader.ts";
import { fileSchema, float64Column, int64Column, numberListColumn, stringListColumn } from "./parquet_schema.ts";

const SCHEMA = fileSchema([
  int64Column("index"),
  float64Column("value"),
  stringListColumn("tags"),
  numberListColumn("matrix", 2, "float64"),
]);

const rows = (from: number, to: number) => {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  return [
    { name: "index", data: indices.map(BigInt), statistics: true },
    { name: "value", data: indices.map((i) => i / 3), distinct: true },
    { name: "tags", data: indices.map((i) => Array.from({ length: i % 3 }, (_, k) => `tag ${i} ${k} ü`)) },
    {
      name: "matrix",
      data: indices.map((i) => [
        [i, i + 1],
        [-i, 0.5],
      ]),
    },
  ];
};

let folder: string;
let appender: ParquetAppender;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-parquet-"));
  appender = new ParquetAppender({ path: join(folder, "a.parquet"), schema: SCHEMA });
});
afterEach(() => rm(folder, { recursive: true }));

async function append(from: number, to: number, options = {}): Promise<void> {
  const accept = await appender.append(join(folder, "staged"), rows(from, to), options);
  await rename(join(folder, "staged"), join(folder, "a.parquet"));
  accept();
}

async function expectRows(count: number, groups: number): Promise<void> {
  const file = await ParquetFile.open(folder, "a.parquet");
  expect([file.rows, file.metadata.row_groups.length, appender.rows]).toEqual([count, groups, count]);
  for (const { name, data } of rows(0, count)) {
    const read = await file.readRaw(name);
    expect(name === "tags" ? read.map((tags) => [...(tags as string[])]) : read).toEqual(data);
  }
  await file.close();
}

it("is a complete file after every row group", async () => {
  await append(0, 3);
  await expectRows(3, 1);
  await append(3, 10);
  await expectRows(10, 2);
  await append(10, 11);
  await expectRows(11, 3);
});

it("replaces an unsealed row group by the next", async () => {
  await append(0, 4);
  await append(4, 5, { seal: false });
  await append(4, 7, { seal: false });
  await expectRows(7, 2);
  await append(4, 9);
  await append(9, 10, { seal: false });
  await expectRows(10, 3);
});

it("continues from the last accepted state when a staged file is discarded", async () => {
  await append(0, 4);
  await appender.append(join(folder, "discarded"), rows(50, 60));
  await append(4, 6);
  await expectRows(6, 2);
});
