/** The free space of a file system, measured in the background: a network disk may be slow. */
import { statfs } from "node:fs/promises";

export class DiskSpace {
  readonly #path: string;
  #freeBytes: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes available to this user at the latest measurement; undefined before the first. */
  get freeBytes(): number | undefined {
    return this.#freeBytes;
  }

  /** Starts a measurement. A disk that fails keeps the former value: its writers report the reason. */
  refresh(): void {
    statfs(this.#path).then(
      ({ bavail, bsize }) => {
        this.#freeBytes = bavail * bsize;
      },
      () => {},
    );
  }
}
