/** Reads columns of a parquet file into typed arrays, with errors that name the file, the field and the row. */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetRead } from "hyparquet";
import { type Column, type FrameTable, type NumericArray, numericColumn } from "./columns.ts";
import { DatasetError } from "./errors.ts";
import { type Feature, type Features, isNumeric } from "./features.ts";

/** An open parquet file. It keeps reading the file it opened even when a writer replaces it. */
export class ParquetFile {
  readonly path: string;
  readonly metadata: FileMetaData;
  readonly #handle: FileHandle;
  readonly #buffer: AsyncBuffer;

  private constructor(path: string, handle: FileHandle, buffer: AsyncBuffer, metadata: FileMetaData) {
    this.path = path;
    this.#handle = handle;
    this.#buffer = buffer;
    this.metadata = metadata;
  }

  /** @param path Relative to `root`. @throws DatasetError when the file is missing or not parquet. */
  static async open(root: string, path: string): Promise<ParquetFile> {
    let handle: FileHandle;
    try {
      handle = await open(join(root, path), "r");
    } catch (cause) {
      throw new DatasetError({ file: path }, "cannot be opened: the file is missing or unreadable", { cause });
    }
    try {
      const buffer = await bufferOf(handle);
      return new ParquetFile(path, handle, buffer, await parquetMetadataAsync(buffer));
    } catch (cause) {
      await handle.close();
      throw new DatasetError({ file: path }, `not a complete parquet file (${(cause as Error).message})`, { cause });
    }
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  /** Top-level column names. */
  get columnNames(): string[] {
    const names: string[] = [];
    const { schema } = this.metadata;
    for (let i = 1; i < schema.length; i = afterSubtree(schema, i)) names.push(schema[i]!.name);
    return names;
  }

  /** Rows `start … end` of one column, exactly as the parquet library decodes them. */
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
      throw new DatasetError({ file: this.path, field: name }, `there is no such column; found: ${present.join(", ")}`);
    }
    if (end > this.rows) {
      throw new DatasetError({ file: this.path, row: this.rows }, `ends here, but row ${end - 1} was asked for`);
    }
    const columns = new Map(names.map((name): [string, unknown[]] => [name, new Array(end - start)]));
    try {
      await parquetRead({
        file: this.#buffer,
        metadata: this.metadata,
        columns: [...names],
        rowStart: start,
        rowEnd: end,
        utf8: false,
        onChunk: ({ columnName, columnData, rowStart, rowEnd }) => {
          const column = columns.get(columnName);
          if (!column) return;
          const from = Math.max(rowStart, start);
          const to = Math.min(rowEnd, end);
          for (let row = from; row < to; row++) column[row - start] = columnData[row - rowStart];
        },
      });
    } catch (cause) {
      const field = names.length === 1 ? names[0] : undefined;
      throw new DatasetError({ file: this.path, field }, `corrupt parquet data (${(cause as Error).message})`, {
        cause,
      });
    }
    return names.map((name) => columns.get(name)!);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

async function bufferOf(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    async slice(start, end = size) {
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

function afterSubtree(schema: FileMetaData["schema"], index: number): number {
  let next = index + 1;
  for (let child = 0; child < (schema[index]!.num_children ?? 0); child++) next = afterSubtree(schema, next);
  return next;
}

type Fail = (row: number, problem: string) => never;

function toColumn(rows: readonly unknown[], name: string, feature: Feature, fail: Fail): Column {
  if (isNumeric(feature)) {
    const column = numericColumn(feature, rows.length);
    const shape = `${feature.dtype}[${feature.shape.join(", ")}]`;
    for (let row = 0; row < rows.length; row++) {
      const end = fill(column.data, row * column.width, rows[row], () =>
        fail(row, `a value is missing or not a number`),
      );
      const found = end - row * column.width;
      if (found !== column.width) fail(row, `expected ${shape}, found ${found} elements`);
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
  return { kind: "value", data: rows };
}

/** Writes a number or nested lists of numbers from `offset` on; returns the offset behind the last one. */
function fill(target: NumericArray, offset: number, value: unknown, fail: () => never): number {
  if (typeof value === "number") target[offset] = value;
  else if (typeof value === "boolean") target[offset] = value ? 1 : 0;
  else if (typeof value === "bigint") {
    if (value > Number.MAX_SAFE_INTEGER || value < Number.MIN_SAFE_INTEGER) fail();
    target[offset] = Number(value);
  } else if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    let end = offset;
    for (const element of value as Iterable<unknown>) end = fill(target, end, element, fail);
    return end;
  } else fail();
  return offset + 1;
}
