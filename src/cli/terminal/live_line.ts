/**
 * The status line at the bottom of a terminal. The cursor stays on the line below it, and neither the cursor nor line wrap
 * is ever disabled: however the process ends, the terminal is intact and the prompt begins on a new line.
 */
import type { WriteStream } from "node:tty";
import { createLogUpdate } from "log-update";

export type TerminalStream = Pick<WriteStream, "write"> & Partial<Pick<WriteStream, "isTTY" | "columns">>;

const USUAL_COLUMNS = 80;
/** Moves the cursor up to the first column and clears from there. */
const eraseUp = (lines: number) => `\u001b[${lines}A\r\u001b[J`;

export class LiveLine {
  readonly #stream: TerminalStream;
  readonly #write: (text: string) => void;
  readonly #update: ReturnType<typeof createLogUpdate>;
  #pending = "";
  #drawn: { readonly length: number; readonly columns: number } | undefined;

  /** @param write to the stream, unintercepted. */
  constructor(stream: TerminalStream, write: (text: string) => void) {
    this.#stream = stream;
    this.#write = write;
    const collect = (text: string) => {
      this.#pending += text;
      return true;
    };
    const collector = Object.defineProperty({ write: collect }, "columns", { get: () => this.columns });
    this.#update = createLogUpdate(collector as unknown as NodeJS.WritableStream, { showCursor: true });
  }

  get isDrawn(): boolean {
    return this.#drawn !== undefined;
  }

  get columns(): number {
    return this.#stream.columns || USUAL_COLUMNS;
  }

  /** Prints `above` permanently, then draws `line`, which must fit the terminal. */
  draw(line: string, above = ""): void {
    const { columns } = this;
    if (above !== "" || this.#drawn?.columns !== columns) this.#erase(columns);
    this.#pending += above;
    this.#update(line);
    this.#drawn = { length: line.length, columns };
    this.#flush();
  }

  /** Removes the line and puts the cursor in its place. */
  erase(): void {
    this.#erase(this.columns);
    this.#flush();
  }

  /** Leaves the drawn line in place: the cursor has moved. */
  forget(): void {
    this.#update.done();
    this.#drawn = undefined;
  }

  #erase(columns: number): void {
    if (this.#drawn === undefined) return;
    const { length, columns: before } = this.#drawn;
    if (columns === before) this.#update.clear();
    // A narrower window has wrapped the line.
    else this.#pending += eraseUp(Math.max(1, Math.ceil(length / columns)));
    this.forget();
  }

  #flush(): void {
    const text = this.#pending;
    this.#pending = "";
    if (text !== "") this.#write(text);
  }
}
