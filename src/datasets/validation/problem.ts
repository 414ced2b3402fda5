/** A violation of the format, and the list they are collected in. */
import { DatasetError, type DatasetLocation, describeLocation } from "../errors.ts";

export interface Problem extends DatasetLocation {
  readonly message: string;
}

/** A broken file violates something in every row: after this many per file and field the rest is only counted. */
const REPORTED_PER_FIELD = 5;

export class Problems {
  readonly #found: Problem[] = [];
  readonly #counts = new Map<string, number>();

  add(location: DatasetLocation, message: string): void {
    const key = `${location.file} ${location.field ?? ""}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    if (count <= REPORTED_PER_FIELD) this.#found.push({ ...location, message });
  }

  /** Runs a check; an error of the dataset becomes a problem, and the result is undefined. */
  async try<Result>(file: string, check: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await check();
    } catch (error) {
      if (!(error instanceof DatasetError)) this.add({ file }, (error as Error).message);
      else this.add(error.location, error.message.slice(describeLocation(error.location).length + 2));
      return undefined;
    }
  }

  get list(): readonly Problem[] {
    const more = [...this.#counts].filter(([, count]) => count > REPORTED_PER_FIELD);
    const rest = more.map(([key, count]): Problem => {
      const [file, field] = key.split(" ") as [string, string];
      return { file, field: field || undefined, message: `and ${count - REPORTED_PER_FIELD} more like this` };
    });
    return [...this.#found, ...rest];
  }
}
