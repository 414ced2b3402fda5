/**
 * A parquet file that is complete after every row group. The format keeps its directory at the end of the file, so
 * growing a file normally leaves it unreadable until it is closed. Here each append produces a whole new file in a
 * staging place (the old row groups are copied, not encoded again), which the caller then renames over the old one.
 */
import { constants, copyFile, open } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { ByteWriter, type ColumnSource, ParquetWriter } from "hyparquet-writer";

export interface AppenderOptions {
  /** Where the file is once its staged copy has been renamed into place. */
  readonly path: string;
  readonly schema: readonly SchemaElement[];
  readonly keyValueMetadata?: readonly { readonly key: string; readonly value: string }[];
}

export interface ColumnRow {
  readonly name: string;
  readonly data: unknown[];
  /** Whether to store the column's range, by which readers skip row groups. */
  readonly statistics?: boolean;
  /** Measurements hardly ever repeat: looking for a dictionary would cost time and find none. */
  readonly distinct?: boolean;
}

export type ColumnRows = readonly ColumnRow[];

const MAGIC_BYTES = 4;

export class ParquetAppender {
  readonly #options: AppenderOptions;
  readonly #bytes = new ByteWriter();
  readonly #parquet: ParquetWriter;
  #rows = 0;
  /** Row groups that will not change, as bytes at the start of the file. */
  #sealedBytes = 0;
  #sealedGroups = 0;
  #sealedRows = 0n;
  #size = 0;

  constructor(options: AppenderOptions) {
    this.#options = options;
    this.#parquet = new ParquetWriter({
      writer: this.#bytes,
      schema: [...options.schema],
      kvMetadata: options.keyValueMetadata?.map((entry) => ({ ...entry })) ?? [],
      createdBy: "handrail",
    });
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the file as last staged. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes the file with one more row group to `staged`.
   * @param seal Whether later row groups follow this one. One that is not sealed is replaced by the next.
   * @returns To be called once the staged file is in place; until then the appender still describes the old file.
   */
  async append(staged: string, columns: ColumnRows, { seal = true } = {}): Promise<() => void> {
    this.#bytes.index = 0;
    this.#bytes.offset = this.#sealedBytes;
    this.#parquet.row_groups.length = this.#sealedGroups;
    this.#parquet.num_rows = this.#sealedRows;
    if (this.#sealedBytes === 0) this.#bytes.appendBytes(new TextEncoder().encode("PAR1"));

    const rowCount = columns[0]?.data.length ?? 0;
    await this.#parquet.write({ columnData: columns.map(columnSource), rowGroupSize: rowCount });
    this.#parquet.pendingIndexes.length = 0;
    const bodyEnd = this.#bytes.offset;
    await this.#parquet.finish();
    await this.#stage(staged, this.#bytes.getBytes());

    const size = this.#bytes.offset;
    const rows = this.#sealedRows + BigInt(rowCount);
    return () => {
      this.#size = size;
      this.#rows = Number(rows);
      if (!seal) return;
      this.#sealedBytes = bodyEnd;
      this.#sealedGroups += 1;
      this.#sealedRows = rows;
    };
  }

  async #stage(staged: string, tail: Uint8Array): Promise<void> {
    // A clone shares the old bytes on file systems that can; elsewhere this is a copy.
    if (this.#sealedBytes > MAGIC_BYTES) await copyFile(this.#options.path, staged, constants.COPYFILE_FICLONE);
    const file = await open(staged, this.#sealedBytes > MAGIC_BYTES ? "r+" : "w");
    try {
      await file.truncate(this.#sealedBytes);
      // A disk that is almost full takes a part; only the attempt to write the rest fails.
      for (let written = 0; written < tail.length; ) {
        const { bytesWritten } = await file.write(tail, written, tail.length - written, this.#sealedBytes + written);
        written += bytesWritten;
      }
    } finally {
      await file.close();
    }
  }
}

/** Encodes a small file in one go. */
export function encodeParquet(options: Omit<AppenderOptions, "path">, columns: ColumnRows): Uint8Array {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({
    writer,
    schema: [...options.schema],
    kvMetadata: options.keyValueMetadata?.map((entry) => ({ ...entry })) ?? [],
    createdBy: "handrail",
  });
  const rowGroupSize = Math.max(1, columns[0]?.data.length ?? 0);
  void parquet.write({ columnData: columns.map(columnSource), rowGroupSize });
  void parquet.finish();
  return writer.getBytes();
}

function columnSource({ name, data, statistics = false, distinct = false }: ColumnRow): ColumnSource {
  return { name, data, statistics, offsetIndex: false, ...(distinct && { encoding: "PLAIN" as const }) };
}
