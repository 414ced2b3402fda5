/**
 * A parquet file that is complete after every row group. The format stores its directory at the end, so growing a file
 * normally leaves it unreadable until it is closed. Here each append stages a complete new file (old row groups are copied,
 * not encoded again), which the caller then renames over the old one.
 */
import { constants, copyFile, open } from "node:fs/promises";
import type { SchemaElement } from "hyparquet";
import { ByteWriter } from "hyparquet-writer";
import { ParquetDirectory } from "./parquet_directory.ts";
import { type FileColumn, RowGroupEncoder } from "./row_group_encoder.ts";

export interface AppenderOptions {
  /** Final location of the file, once its staged copy has been renamed. */
  readonly path: string;
  readonly schema: readonly SchemaElement[];
  readonly keyValueMetadata?: readonly { readonly key: string; readonly value: string }[];
}

const MAGIC = new TextEncoder().encode("PAR1");

export class ParquetAppender {
  readonly #path: string;
  readonly #bytes = new ByteWriter();
  readonly #encoder: RowGroupEncoder;
  readonly #directory: ParquetDirectory;
  #rows = 0;
  /** Sealed row groups, as bytes at the start of the file … */
  #sealedBytes = 0;
  /** … and in its directory. */
  readonly #sealedGroups: Uint8Array[] = [];
  #sealedRows = 0;
  #size = 0;

  constructor(options: AppenderOptions) {
    this.#path = options.path;
    this.#encoder = new RowGroupEncoder(this.#bytes, options.schema);
    this.#directory = directoryOf(options);
  }

  get rows(): number {
    return this.#rows;
  }

  /** Size in bytes of the file as last staged. */
  get size(): number {
    return this.#size;
  }

  /**
   * Writes the file with one more row group to `staged`.
   * @param seal Whether later row groups follow this one. An unsealed one is replaced by the next.
   * @returns a function to call once the staged file is in place; until then the appender describes the old file.
   */
  async append(staged: string, columns: readonly FileColumn[], { seal = true } = {}): Promise<() => void> {
    this.#bytes.index = 0;
    this.#bytes.offset = this.#sealedBytes;
    if (this.#sealedBytes === 0) this.#bytes.appendBytes(MAGIC);

    const group = this.#encoder.append(columns);
    const bodyEnd = this.#bytes.offset;
    const encoded = this.#directory.encode(group);
    const rows = this.#sealedRows + Number(group.num_rows);
    this.#directory.write(this.#bytes, [...this.#sealedGroups, encoded], BigInt(rows));
    await this.#stage(staged, this.#bytes.getBytes());

    const size = this.#bytes.offset;
    return () => {
      this.#size = size;
      this.#rows = rows;
      if (!seal) return;
      this.#sealedBytes = bodyEnd;
      this.#sealedGroups.push(encoded);
      this.#sealedRows = rows;
    };
  }

  async #stage(staged: string, tail: Uint8Array): Promise<void> {
    // File systems that support clones share the old bytes; others copy them.
    if (this.#sealedBytes > MAGIC.length) await copyFile(this.#path, staged, constants.COPYFILE_FICLONE);
    const file = await open(staged, this.#sealedBytes > MAGIC.length ? "r+" : "w");
    try {
      await file.truncate(this.#sealedBytes);
      // An almost full disk writes a part; only writing the rest fails.
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
export function encodeParquet(options: Omit<AppenderOptions, "path">, columns: readonly FileColumn[]): Uint8Array {
  const bytes = new ByteWriter();
  bytes.appendBytes(MAGIC);
  const group = new RowGroupEncoder(bytes, options.schema).append(columns);
  const directory = directoryOf(options);
  directory.write(bytes, [directory.encode(group)], group.num_rows);
  return bytes.getBytes();
}

function directoryOf({ schema, keyValueMetadata = [] }: Omit<AppenderOptions, "path">): ParquetDirectory {
  const key_value_metadata = keyValueMetadata.map((entry) => ({ ...entry }));
  return new ParquetDirectory({ version: 2, schema: [...schema], created_by: "handrail", key_value_metadata });
}
