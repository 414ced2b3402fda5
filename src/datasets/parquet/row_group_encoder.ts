/** Encodes row groups of a parquet file: numbers directly from typed arrays, everything else with the library. */
import type { ColumnChunk, RowGroup, SchemaElement } from "hyparquet";
import { type ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";
import { type PackedColumn, writePackedColumn } from "./packed_column.ts";

export interface ColumnRow {
  readonly name: string;
  readonly data: unknown[];
  /** Whether to store the column's range, by which readers skip row groups. */
  readonly statistics?: boolean;
  /** Measurements hardly ever repeat: searching for a dictionary would cost time and find none. */
  readonly distinct?: boolean;
}

/** One JavaScript value per row, or a typed array of them all. */
export type FileColumn = ColumnRow | PackedColumn;

export class RowGroupEncoder {
  readonly #bytes: ByteWriter;
  readonly #parquet: ParquetWriter;

  constructor(bytes: ByteWriter, schema: readonly SchemaElement[]) {
    this.#bytes = bytes;
    const { index, offset } = bytes;
    this.#parquet = new ParquetWriter({ writer: bytes, schema: [...schema] });
    // The library begins a file; the caller has already done so.
    Object.assign(bytes, { index, offset });
  }

  /** @param columns All of the schema's, in its order. */
  append(columns: readonly FileColumn[]): RowGroup {
    const start = this.#bytes.offset;
    const packed = columns.filter(isPacked);
    const others = columns.filter((column): column is ColumnRow => !isPacked(column));
    const rows = packed[0]?.rows ?? others[0]?.data.length ?? 0;
    const chunks = [...this.#encode(others, rows), ...packed.map((column) => writePackedColumn(this.#bytes, column))];
    const order = new Map(columns.map(({ name }, index) => [name, index]));
    const place = ({ meta_data }: ColumnChunk) => order.get(meta_data!.path_in_schema[0]!)!;
    return {
      columns: chunks.sort((a, b) => place(a) - place(b)),
      total_byte_size: chunks.reduce((sum, { meta_data }) => sum + meta_data!.total_uncompressed_size, 0n),
      total_compressed_size: BigInt(this.#bytes.offset - start),
      num_rows: BigInt(rows),
    };
  }

  #encode(columns: readonly ColumnRow[], rows: number): readonly ColumnChunk[] {
    if (columns.length === 0) return [];
    void this.#parquet.write({ columnData: columns.map(columnSource), rowGroupSize: Math.max(1, rows) });
    this.#parquet.pendingIndexes.length = 0;
    return this.#parquet.row_groups.pop()?.columns ?? [];
  }
}

const isPacked = (column: FileColumn): column is PackedColumn => "dtype" in column;

function columnSource({ name, data, statistics = false, distinct = false }: ColumnRow): ColumnSource {
  return { name, data, statistics, offsetIndex: false, ...(distinct && { encoding: "PLAIN" as const }) };
}
