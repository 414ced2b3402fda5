/** `meta/tasks.parquet`: the text of every task. Python readers look tasks up by their label in a pandas index. */
import { DatasetError } from "../errors.ts";
import { encodeParquet } from "../parquet/parquet_appender.ts";
import { ParquetFile } from "../parquet/parquet_reader.ts";
import { fileSchema, int64Column, stringColumn } from "../parquet/parquet_schema.ts";
import { TASKS_PATH } from "./paths.ts";

/** Without this entry pandas numbers the rows and every lookup by task text fails. */
const PANDAS_INDEX = JSON.stringify({
  index_columns: ["task"],
  column_indexes: [
    { name: null, field_name: null, pandas_type: "unicode", numpy_type: "object", metadata: { encoding: "UTF-8" } },
  ],
  columns: [
    { name: "task_index", field_name: "task_index", pandas_type: "int64", numpy_type: "int64", metadata: null },
    { name: "task", field_name: "task", pandas_type: "unicode", numpy_type: "object", metadata: null },
  ],
  creator: { library: "handrail", version: "1" },
  pandas_version: "2.2.0",
});

const decoder = new TextDecoder();

/** A parquet string: the library returns bytes if the file does not annotate them as text. */
export const textOf = (value: unknown): string => (value instanceof Uint8Array ? decoder.decode(value) : String(value));

/** Task texts by task index. @throws DatasetError if the indices are not 0 … n−1. */
export async function readTasks(root: string): Promise<string[]> {
  const file = await ParquetFile.open(root, TASKS_PATH);
  try {
    const [indices, labels] = await Promise.all([file.readRaw("task_index"), file.readRaw(labelColumn(file))]);
    const tasks: string[] = [];
    indices.forEach((index, row) => {
      tasks[Number(index)] = textOf(labels[row]);
    });
    if (tasks.length !== labels.length || tasks.includes(undefined as never)) {
      throw new DatasetError({ file: TASKS_PATH, field: "task_index" }, "the indices are not 0 … n−1, each once");
    }
    return tasks;
  } finally {
    await file.close();
  }
}

/** Pandas stores an unnamed index as `__index_level_0__`. */
function labelColumn(file: ParquetFile): string {
  return file.columnNames.includes("task") ? "task" : "__index_level_0__";
}

export function encodeTasks(tasks: readonly string[]): Uint8Array {
  const schema = fileSchema([int64Column("task_index"), stringColumn("task")]);
  return encodeParquet({ schema, keyValueMetadata: [{ key: "pandas", value: PANDAS_INDEX }] }, [
    { name: "task_index", data: tasks.map((_, index) => BigInt(index)) },
    { name: "task", data: [...tasks] },
  ]);
}
