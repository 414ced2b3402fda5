/** A violation of the format, and the list they are collected in. */
import { DatasetError, type DatasetLocation } from "../errors.ts";

export interface Problem extends DatasetLocation {
  readonly message: string;
  /** error: the data cannot be relied on, and nothing trains on it. warning: other readers may stumble over it. */
  readonly level: "error" | "warning";
}

/** A broken file violates something in every row: after this many per file and field the rest is only counted. */
const REPORTED_PER_FIELD = 5;

export class Problems {
  readonly #found: Problem[] = [];
  /** What was reported, as text: what is wrong with a file is found once for every episode in it. */
  readonly #told = new Set<string>();
  readonly #counts = new Map<string, { location: DatasetLocation; level: Problem["level"]; count: number }>();

  add(location: DatasetLocation, message: string): void {
    this.#add(location, message, "error");
  }

  warn(location: DatasetLocation, message: string): void {
    this.#add(location, message, "warning");
  }

  #add(location: DatasetLocation, message: string, level: Problem["level"]): void {
    const told = JSON.stringify([location, message, level]);
    if (this.#told.has(told)) return;
    const { file, field } = location;
    const key = JSON.stringify([file, field, level]);
    const entry = this.#counts.get(key) ?? { location: { file, field }, level, count: 0 };
    this.#counts.set(key, { ...entry, count: entry.count + 1 });
    if (entry.count >= REPORTED_PER_FIELD) return;
    this.#told.add(told);
    this.#found.push({ ...location, message, level });
  }

  /** Runs a check; an error of the dataset becomes a problem, and the result is undefined. */
  async try<Result>(
    file: string,
    check: () => Promise<Result>,
    level: Problem["level"] = "error",
  ): Promise<Result | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof DatasetError)) this.#add({ file }, (error as Error).message, level);
      else this.#add(error.location, error.problem, level);
      return undefined;
    }
  }

  get list(): readonly Problem[] {
    const more = [...this.#counts.values()].filter(({ count }) => count > REPORTED_PER_FIELD);
    const rest = more.map(({ location, level, count }): Problem => {
      return { ...location, level, message: `and ${count - REPORTED_PER_FIELD} more like this` };
    });
    return [...this.#found, ...rest];
  }
}
