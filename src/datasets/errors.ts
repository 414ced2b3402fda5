/** Errors of a dataset on disk, with the file, and the field and row if known. */

export interface DatasetLocation {
  /** Path relative to the dataset's root. */
  readonly file: string;
  readonly field?: string | undefined;
  /** Row of the file, counted from 0. */
  readonly row?: number | undefined;
}

/** A dataset cannot be read or written as requested. `message` contains the location. */
export class DatasetError extends Error {
  readonly location: DatasetLocation;
  /** The message without the location. */
  readonly problem: string;

  constructor(location: DatasetLocation, problem: string, options?: ErrorOptions) {
    super(`${describeLocation(location)}: ${problem}`, options);
    this.name = "DatasetError";
    this.location = location;
    this.problem = problem;
  }
}

export function describeLocation({ file, field, row }: DatasetLocation): string {
  return [file, row === undefined ? [] : `row ${row}`, field === undefined ? [] : `field "${field}"`].flat().join(", ");
}
