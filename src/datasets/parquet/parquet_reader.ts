/** Reads columns of a parquet file into typed arrays, with errors that name the file, the field and the row. */
import { type FileHandle, open } from "node:fs/promises";
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import { parquetPlan } from "hyparquet/src/plan.js";
import { assembleAsync, readRowGroup } from "hyparquet/src/rowgroup.js";
import { DatasetError } from "../errors.ts";
import { locateFile } from "../reading/locate_file.ts";
import { type Column, type FrameTable, type NumericArray, numericColumn } from "../schema/columns.ts";
import { elementCount, type Feature, type Features, isNumeric, type NumericDtype } from "../schema/features.ts";
import { CheckedChunks } from "./parquet_chunks.ts";
import { UnsupportedParquetError } from "./parquet_codecs.ts";

/** An open parquet file. It keeps reading the opened file even if a writer replaces it. */
export class ParquetFile {
  readonly path: string;
  readonly metadata: FileMetaData;
  /** Top-level column names. */
  readonly columnNames: readonly string[];
  readonly #handle: FileHandle;
  readonly #buffer: AsyncBuffer;
  /** By top-level column: its schema elements, in file order. */
  readonly #elements: ReadonlyMap<string, readonly SchemaElement[]>;

  private constructor(path: string, handle: FileHandle, buffer: AsyncBuffer, metadata: FileMetaData) {
    this.path = path;
    this.#handle = handle;
    this.#buffer = buffer;
    this.metadata = metadata;
    const { children } = parquetSchema(metadata);
    this.columnNames = children.map(({ element }) => element.name);
    const elements = metadata.schema.slice(1); // without the root
    this.#elements = new Map(children.map(({ element, count }) => [element.name, elements.splice(0, count)]));
  }

  /** @param path Relative to `root`. @throws DatasetError if the file is missing, outside the root or not parquet. */
  static async open(root: string, path: string): Promise<ParquetFile> {
    const place = await locateFile(root, path);
    let handle: FileHandle;
    try {
      handle = await open(place, "r");
    } catch (cause) {
      throw new DatasetError({ file: path }, "cannot be opened: the file is missing or unreadable", { cause });
    }
    try {
      const found = await handle.stat();
      if (found.isDirectory()) throw new Error("a folder");
      if (found.size === 0) throw new Error("an empty file");
      const buffer = await bufferOf(handle);
      const metadata = await parquetMetadataAsync(buffer);
      assertRows(metadata, buffer.byteLength);
      return new ParquetFile(path, handle, buffer, metadata);
    } catch (cause) {
      await handle.close();
      throw new DatasetError({ file: path }, `not a complete parquet file (${(cause as Error).message})`, { cause });
    }
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  /** Rows `start … end` of one column, exactly as decoded by the parquet library. */
  async readRaw(name: string, start = 0, end = this.rows): Promise<unknown[]> {
    const [values] = await this.#read([name], start, end);
    return values!;
  }

  /** Rows `start … end` of the named features. @throws DatasetError on a missing column or a value of another shape. */
  async readTable(features: Features, names: readonly string[], start = 0, end = this.rows): Promise<FrameTable> {
    const rows = await this.#read(names, start, end);
    const columns = names.map((name, i): [string, Column] => [
      name,
      toColumn(rows[i]!, name, features[name]!, (row, problem) => {
        throw new DatasetError({ file: this.path, field: name, row: start + row }, problem);
      }),
    ]);
    return { length: end - start, columns: Object.fromEntries(columns) };
  }

  async #read(names: readonly string[], start: number, end: number): Promise<unknown[][]> {
    const present = this.columnNames;
    for (const name of names) {
      if (present.includes(name)) continue;
      throw new DatasetError(
        { file: this.path, field: name },
        `the column does not exist; found: ${present.join(", ")}`,
      );
    }
    if (end > this.rows) {
      throw new DatasetError({ file: this.path, row: this.rows }, `ends here, but row ${end - 1} was requested`);
    }
    const columns = new Map(names.map((name): [string, unknown[]] => [name, new Array(end - start)]));
    try {
      const metadata = this.#metadataOf(names);
      const chunks = new CheckedChunks(this.#buffer, metadata, this.#buffer.byteLength);
      const { file, compressors } = chunks;
      const options = { file, compressors, metadata, columns: [...names], rowStart: start, rowEnd: end, utf8: false };
      const plan = parquetPlan(options);
      for (const part of plan.groups) {
        const group = assembleAsync(readRowGroup(options, plan, part), parquetSchema(metadata));
        const decoded = await allSettled(group.asyncColumns.map(({ data }) => data));
        decoded.forEach(({ data, skipped }, i) => {
          const column = columns.get(group.asyncColumns[i]!.pathInSchema[0]!);
          let row = group.groupStart + skipped - start;
          for (const values of data) {
            for (let k = 0; k < values.length; k++, row++) if (row >= 0 && row < end - start) column![row] = values[k];
          }
        });
      }
    } catch (cause) {
      const field = names.length === 1 ? names[0] : undefined;
      const { message } = cause as Error;
      const problem = cause instanceof UnsupportedParquetError ? message : `corrupt parquet data (${message})`;
      throw new DatasetError({ file: this.path, field }, problem, { cause });
    }
    return names.map((name) => columns.get(name)!);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** The file's metadata for these columns: the library walks all it is given, at every read. */
  #metadataOf(names: readonly string[]): FileMetaData {
    const wanted = new Set(names);
    const { schema, row_groups, ...metadata } = this.metadata;
    return {
      ...metadata,
      schema: [
        { ...schema[0]!, num_children: wanted.size },
        ...[...wanted].flatMap((name) => this.#elements.get(name)!),
      ],
      row_groups: row_groups.map((group) => ({
        ...group,
        columns: group.columns.filter(({ meta_data }) => !meta_data || wanted.has(meta_data.path_in_schema[0]!)),
      })),
    };
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
      if (start < 0 || end > size) throw new Error(`it has ${size} bytes, and refers to byte ${end}`);
      const bytes = new Uint8Array(Math.max(0, end - start));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error(`ends after ${start + filled} of ${end} bytes`);
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

/** Waits for all, so that no rejection is unhandled, then fails like the first one. */
async function allSettled<Value>(promises: readonly Promise<Value>[]): Promise<Value[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** A row takes at least a byte, with any compression. */
function assertRows({ num_rows, row_groups }: FileMetaData, bytes: number): void {
  const rows = row_groups.map((group) => Number(group.num_rows));
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (rows.some((count) => count < 0) || total !== Number(num_rows)) {
    throw new Error(`it declares ${num_rows} rows, and ${total} in its row groups`);
  }
  if (total > bytes) throw new Error(`it declares ${total} rows, in ${bytes} bytes`);
}

type Fail = (row: number, problem: string) => never;

function toColumn(rows: readonly unknown[], name: string, feature: Feature, fail: Fail): Column {
  if (isNumeric(feature)) {
    const shape = `${feature.dtype}[${feature.shape.join(", ")}]`;
    const width = elementCount(feature.shape);
    const mismatch = (row: number, found: number) => fail(row, `expected ${shape}, found ${found} elements`);
    // Checked before allocating memory for an invalid shape.
    if (rows.length > 0 && countNumbers(rows[0]) !== width) mismatch(0, countNumbers(rows[0]));
    const column = numericColumn(feature, rows.length);
    const fits = FITS[feature.dtype];
    for (let row = 0; row < rows.length; row++) {
      const start = row * width;
      const end = fill(
        column.data,
        start,
        rows[row],
        (value) => {
          if (typeof value !== "number") return fail(row, "a value is missing or not a number");
          return fail(row, `${value} is not a ${feature.dtype}, as meta/info.json declares`);
        },
        fits,
      );
      if (end - start !== width) mismatch(row, end - start);
    }
    return column;
  }
  if (feature.dtype === "image") {
    const data = rows.map((row, i) => {
      const bytes = (row as { bytes?: unknown } | null)?.bytes;
      return bytes instanceof Uint8Array ? bytes : fail(i, "no embedded image bytes");
    });
    return { kind: "image", data };
  }
  if (feature.dtype === "video") throw new Error(`feature "${name}" is stored as video, not in parquet`);
  if (feature.dtype === "string") {
    const other = rows.findIndex(holdsNumbers);
    if (other >= 0) fail(other, "is a number, not text, as meta/info.json declares");
  }
  return { kind: "value", data: rows };
}

const whole = (low: number, high: number) => (value: number) =>
  Number.isInteger(value) && value >= low && value <= high;

/** Numbers that a dtype can hold, except for the rounding of decimals. */
const FITS: Readonly<Record<NumericDtype, (value: number) => boolean>> = {
  float32: (value) => !Number.isFinite(value) || Number.isFinite(Math.fround(value)),
  float64: () => true,
  int8: whole(-128, 127),
  int16: whole(-(2 ** 15), 2 ** 15 - 1),
  int32: whole(-(2 ** 31), 2 ** 31 - 1),
  int64: Number.isSafeInteger,
  uint8: whole(0, 255),
  uint16: whole(0, 2 ** 16 - 1),
  uint32: whole(0, 2 ** 32 - 1),
  bool: whole(0, 1),
};

/** @param value The unsuitable value; undefined if it is not a number. */
type Misfit = (value?: number | bigint) => never;

/** Writes a number or nested lists of numbers at `offset`; returns the offset after the last one. */
function fill(
  target: NumericArray,
  offset: number,
  value: unknown,
  fail: Misfit,
  fits: (value: number) => boolean,
): number {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    let end = offset;
    for (const element of value as Iterable<unknown>) end = fill(target, end, element, fail, fits);
    return end;
  }
  if (typeof value !== "number" && typeof value !== "boolean" && typeof value !== "bigint") return fail();
  const number = Number(value);
  if (!fits(number)) fail(number);
  target[offset] = number;
  return offset + 1;
}

function holdsNumbers(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsNumbers);
  if (ArrayBuffer.isView(value)) return !(value instanceof Uint8Array);
  return ["number", "bigint", "boolean"].includes(typeof value);
}

function countNumbers(value: unknown): number {
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) return 1;
  let count = 0;
  for (const element of value as Iterable<unknown>) count += countNumbers(element);
  return count;
}
