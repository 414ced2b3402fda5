/**
 * The directory at the end of a parquet file (`FileMetaData`). The library encodes all of it with every row group, which
 * dominates the work of a file that is complete after each of hundreds of row groups. Here each row group is encoded once:
 * Thrift's compact protocol writes a list as a header and its elements one after the other.
 */
import type { ColumnChunk, FileMetaData, RowGroup } from "hyparquet";
import { CompressionCodecs, Encodings, PageTypes, ParquetTypes } from "hyparquet/src/constants.js";
import { ByteWriter } from "hyparquet-writer";
import { writeMetadata } from "hyparquet-writer/src/metadata.js";
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js";
import { unconvertStatistics } from "hyparquet-writer/src/unconvert.js";

/** The constant part while the file grows. */
export type FileDescription = Pick<FileMetaData, "version" | "schema" | "created_by" | "key_value_metadata">;

const STRUCT = 12;
/** Longer lists store their length after the header. */
const SHORT_LIST = 14;

export class ParquetDirectory {
  readonly #schema: FileMetaData["schema"];
  /** Bytes before the number of rows. */
  readonly #head: Uint8Array;
  /** Bytes after the list of row groups. */
  readonly #tail: Uint8Array;

  constructor(description: FileDescription) {
    this.#schema = description.schema;
    const at = (rows: bigint, groups: RowGroup[]) => {
      const bytes = new ByteWriter();
      writeMetadata(bytes, { ...description, num_rows: rows, row_groups: groups, metadata_length: 0 });
      return bytes.getBytes().slice(0, -4); // without its length
    };
    // The library's directories differ first at the number of rows, then at the row groups.
    const empty = at(0n, []);
    const rows = firstDifference(empty, at(1n, []));
    const groups = firstDifference(empty, at(0n, [{ columns: [], total_byte_size: 0n, num_rows: 0n }]));
    this.#head = empty.slice(0, rows);
    this.#tail = empty.slice(groups + 1);
  }

  /** A row group as encoded in the directory. */
  encode({ columns, total_byte_size, num_rows, total_compressed_size }: RowGroup): Uint8Array {
    const bytes = new ByteWriter();
    serializeTCompactProtocol(bytes, {
      field_1: columns.map((column) => this.#columnFields(column)),
      field_2: total_byte_size,
      field_3: num_rows,
      field_6: total_compressed_size,
    });
    return bytes.getBytes();
  }

  /** Appends the directory, its length and the magic bytes that end a parquet file. */
  write(file: ByteWriter, groups: readonly Uint8Array[], rows: bigint): void {
    const start = file.offset;
    file.appendBytes(this.#head);
    file.appendZigZag(rows);
    file.appendUint8((1 << 4) | 9); // the next field, a list
    if (groups.length > SHORT_LIST) {
      file.appendUint8((15 << 4) | STRUCT);
      file.appendVarInt(groups.length);
    } else file.appendUint8((groups.length << 4) | STRUCT);
    for (const group of groups) file.appendBytes(group);
    file.appendBytes(this.#tail);
    file.appendUint32(file.offset - start);
    file.appendBytes(new TextEncoder().encode("PAR1"));
  }

  /** The fields that writers of this project set, by their numbers in `parquet.thrift`. */
  #columnFields({ file_offset, meta_data }: ColumnChunk) {
    const { statistics, encoding_stats, path_in_schema, ...meta } = meta_data!;
    const element = this.#schema.find(({ name }) => name === path_in_schema[0])!;
    return {
      field_2: file_offset,
      field_3: {
        field_1: ParquetTypes.indexOf(meta.type),
        field_2: meta.encodings.map((encoding) => Encodings.indexOf(encoding)),
        field_3: path_in_schema,
        field_4: CompressionCodecs.indexOf(meta.codec),
        field_5: meta.num_values,
        field_6: meta.total_uncompressed_size,
        field_7: meta.total_compressed_size,
        field_9: meta.data_page_offset,
        field_11: meta.dictionary_page_offset,
        field_12: statistics && unconvertStatistics(statistics, element),
        field_13: encoding_stats?.map(({ page_type, encoding, count }) => ({
          field_1: PageTypes.indexOf(page_type),
          field_2: Encodings.indexOf(encoding),
          field_3: count,
        })),
      },
    };
  }
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  return a.findIndex((byte, i) => byte !== b[i]);
}
