/** Violations of the format, and the list that collects them. */
import { DatasetError, type DatasetLocation } from "../errors.ts";

export interface Problem extends DatasetLocation {
  readonly message: string;
  /** error: the data is unreliable and cannot be trained on. warning: other readers may fail on it. */
  readonly level: "error" | "warning";
}

/** A broken file violates something in every row: beyond this many per file and field, problems are only counted. */
const REPORTED_PER_FIELD = 5;

export class Problems {
  readonly #found: Problem[] = [];
  /** Reported problems as text: every episode of a broken file reports the same problem. */
  readonly #reported = new Set<string>();
  readonly #counts = new Map<string, { location: DatasetLocation; level: Problem["level"]; count: number }>();

  add(location: DatasetLocation, message: string): void {
    this.#add(location, message, "error");
  }

  warn(location: DatasetLocation, message: string): void {
    this.#add(location, message, "warning");
  }

  #add(location: DatasetLocation, message: string, level: Problem["level"]): void {
    const id = JSON.stringify([location, message, level]);
    if (this.#reported.has(id)) return;
    const { file, field } = location;
    const key = JSON.stringify([file, field, level]);
    const entry = this.#counts.get(key) ?? { location: { file, field }, level, count: 0 };
    this.#counts.set(key, { ...entry, count: entry.count + 1 });
    if (entry.count >= REPORTED_PER_FIELD) return;
    this.#reported.add(id);
    this.#found.push({ ...location, message, level });
  }

  /** Runs a check; a dataset error becomes a problem, and the result is undefined. */
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
