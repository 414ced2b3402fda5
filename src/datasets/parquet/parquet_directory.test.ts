import type { RowGroup } from "hyparquet";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { expect, it } from "vitest";
import { ParquetDirectory } from "./parquet_directory.ts";
import { fileSchema, float64Column, int64Column, numberListColumn, stringColumn } from "./parquet_schema.ts";

const SCHEMA = fileSchema([
  ...[int64Column("index"), float64Column("value"), stringColumn("text")],
  numberListColumn("list", 1, "float64"),
]);

/** Row groups as written by the library: with dictionaries, statistics of every kind, lists. */
function rowGroups(count: number): RowGroup[] {
  const parquet = new ParquetWriter({ writer: new ByteWriter(), schema: SCHEMA });
  const rows = 40 * count;
  const of = <T>(value: (i: number) => T) => Array.from({ length: rows }, (_, i) => value(i));
  void parquet.write({
    columnData: [
      { name: "index", data: of((i) => BigInt(i) * 10n ** 9n), offsetIndex: false },
      { name: "value", data: of((i) => (i % 2 ? i / 7 : Number.NaN)), offsetIndex: false },
      { name: "text", data: of((i) => `task ${i % 3} ü`), offsetIndex: false },
      { name: "list", data: of((i) => [i, i / 2]), statistics: false, offsetIndex: false },
    ],
    rowGroupSize: 40,
  });
  return parquet.row_groups;
}

it.each([0, 1, 14, 15, 300])("equals the library's for %i row groups, byte for byte", (count) => {
  const groups = count === 0 ? [] : rowGroups(count);
  const rows = BigInt(40 * count);
  for (const key_value_metadata of [[], [{ key: "pandas", value: "{}" }]]) {
    const description = { version: 2, schema: SCHEMA, created_by: "handrail", key_value_metadata };
    const directory = new ParquetDirectory(description);
    const ours = new ByteWriter();
    const encoded = groups.map((group) => directory.encode(group));
    directory.write(ours, encoded, rows);
    const theirs = new ByteWriter();
    writeMetadata(theirs, { ...description, num_rows: rows, row_groups: groups, metadata_length: undefined as never });
    const withMark = Buffer.concat([theirs.getBytes(), Buffer.from("PAR1")]);
    if (count > 0) expect(Buffer.from(ours.getBytes()).equals(withMark)).toBe(true);
    else expect(ours.getBytes().length).toBe(withMark.length);
  }
});
