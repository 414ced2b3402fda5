/** The column chunks of one read: checked when the library requests their bytes, and decompressed once. */
import type { AsyncBuffer, ColumnMetaData, CompressionCodec, Compressors, FileMetaData } from "hyparquet";
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from "hyparquet/src/schema.js";
import { openPages, type Pages, ReadBudget } from "./parquet_pages.ts";

const CODECS: readonly CompressionCodec[] = ["SNAPPY", "GZIP", "BROTLI", "ZSTD", "LZ4", "LZ4_RAW", "LZO"];

export class CheckedChunks {
  /** Passed to the library. */
  readonly file: AsyncBuffer;
  readonly compressors: Compressors;
  readonly #pages = new WeakMap<ArrayBufferLike, Pages>();

  constructor(file: AsyncBuffer, metadata: FileMetaData, storedBytes: number) {
    const budget = new ReadBudget(storedBytes);
    const columns = columnsByStart(metadata);
    this.file = {
      byteLength: file.byteLength,
      slice: async (start, end) => {
        const chunk = await file.slice(start, end);
        const column = columns.get(start);
        if (column === undefined) throw new Error("a column does not begin at its declared offset");
        const path = getSchemaPath(metadata.schema, column.path_in_schema);
        const shape = {
          codec: column.codec,
          type: column.type,
          maxRepetitionLevel: getMaxRepetitionLevel(path),
          maxDefinitionLevel: getMaxDefinitionLevel(path),
          values: Number(column.num_values),
        };
        this.#pages.set(chunk, openPages(chunk, shape, budget));
        return chunk;
      },
    };
    const known = (input: Uint8Array) => {
      const page = this.#pages.get(input.buffer)?.get(input.byteOffset);
      if (page === undefined) throw new Error("a page is not at its declared offset");
      return page;
    };
    this.compressors = Object.fromEntries(CODECS.map((codec) => [codec, known]));
  }
}

/** Start of a chunk: its dictionary, if it has one. */
function columnsByStart({ row_groups }: FileMetaData): Map<number, ColumnMetaData> {
  const columns = row_groups.flatMap((group) => group.columns.flatMap(({ meta_data }) => meta_data ?? []));
  return new Map(
    columns.map((column) => {
      // Some writers say 0 if there is no dictionary.
      const { dictionary_page_offset: dictionary, data_page_offset: data } = column;
      return [Number(dictionary || data), column];
    }),
  );
}
