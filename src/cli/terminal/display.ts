/**
 * The output of a command: permanent lines and, in a terminal, a status line below them. Other output of the process, such as
 * a plug-in's `console.log`, appears above the status line. Without a terminal, the status is printed as a plain line every
 * few seconds.
 */
import { performance } from "node:perf_hooks";
import { printable } from "../../utils/text/printable.ts";
import { LiveLine, type TerminalStream } from "./live_line.ts";
import { fitStatus, type Status, statusLine } from "./status.ts";

/** Interval of status lines without a terminal. */
const PLAIN_LINE_EVERY_MS = 10_000;
/** Values of TERM for terminals that cannot move the cursor. Windows terminals can, and leave TERM unset. */
const PLAIN_TERMINALS: ReadonlySet<string | undefined> = new Set(["dumb", ""]);
const DRAW_EVERY_MS = 80;
const TICK_MS = 1000;

export interface DisplayStreams {
  /** For results. */
  readonly output: TerminalStream;
  /** For everything else. */
  readonly errors: TerminalStream;
}

export class Display {
  readonly #streams: DisplayStreams;
  readonly #live: LiveLine | undefined;
  readonly #release: (() => void)[] = [];
  #status: Status | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #plainAt = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #ticking: NodeJS.Timeout | undefined;
  /** Other code has written an unfinished line. */
  #isLineOpen = false;

  constructor(streams: DisplayStreams = { output: process.stdout, errors: process.stderr }) {
    this.#streams = streams;
    const { errors } = streams;
    const write = errors.write.bind(errors);
    if (errors.isTTY && !PLAIN_TERMINALS.has(process.env.TERM))
      this.#live = new LiveLine(errors, (text) => void write(text));
  }

  /** Columns of the terminal; undefined where output is not one. */
  get columns(): number | undefined {
    return this.#live?.columns;
  }

  /** Prints the command's result to the standard output. Control characters are escaped. */
  result(text: string): void {
    this.#streams.output.write(`${printable(text)}\n`);
  }

  /** Prints permanent lines to the error output. Control characters are escaped. */
  print(text: string): void {
    this.picture(printable(text));
  }

  /** Like `print`, but keeps escape sequences: for text with colours. */
  picture(text: string): void {
    const lines = `${this.#isLineOpen ? "\n" : ""}${text}\n`;
    this.#isLineOpen = false;
    if (this.#live?.isDrawn) this.#draw(lines);
    else this.#streams.errors.write(lines);
  }

  /** Shows a status until the next `show` or `end`. */
  show(status: Status): void {
    this.#stopTicking();
    this.#show(status);
  }

  /** Shows an activity of unknown duration, with the elapsed seconds. */
  wait(activity: string): void {
    this.#stopTicking();
    const start = performance.now();
    const tick = () => {
      const seconds = Math.floor((performance.now() - start) / 1000);
      this.#show({ activity: `${activity} …`, ...(seconds > 0 && { details: [`${seconds} s`] }) });
    };
    this.#ticking = setInterval(tick, TICK_MS).unref();
    tick();
  }

  /** Removes the status line; printed lines stay. The display can be used again. */
  end(): void {
    this.#stopTicking();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#status = undefined;
    this.#drawnAt = Number.NEGATIVE_INFINITY;
    for (const release of this.#release.splice(0)) release();
    this.#live?.erase();
  }

  #show(status: Status): void {
    this.#status = status;
    if (this.#live === undefined) {
      this.#printNowAndThen(status);
      return;
    }
    this.#intercept();
    const rest = this.#drawnAt + DRAW_EVERY_MS - performance.now();
    if (rest <= 0) this.#draw();
    else this.#timer ??= setTimeout(() => this.#draw(), rest).unref();
  }

  #printNowAndThen(status: Status): void {
    if (performance.now() - this.#plainAt < PLAIN_LINE_EVERY_MS) return;
    this.#plainAt = performance.now();
    this.print(statusLine(status));
  }

  #draw(above = ""): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#live === undefined || this.#status === undefined || this.#isLineOpen) return;
    this.#drawnAt = performance.now();
    // Some terminals wrap a line that fills the last column.
    this.#live.draw(printable(fitStatus(this.#status, this.#live.columns - 1)), above);
  }

  /** Redraws the status line below everything that is written to the terminal. */
  #intercept(): void {
    if (this.#release.length > 0) return;
    const { output, errors } = this.#streams;
    for (const stream of new Set([output, errors])) if (stream.isTTY) this.#release.push(this.#interceptStream(stream));
    const draw = () => this.#draw();
    // After Ctrl-Z and `fg` the shell's output is below the status line.
    const resume = () => {
      this.#live?.forget();
      this.#draw();
    };
    process.on("SIGWINCH", draw);
    process.on("SIGCONT", resume);
    this.#release.push(() => void process.off("SIGWINCH", draw).off("SIGCONT", resume));
  }

  #interceptStream(stream: TerminalStream): () => void {
    const { write } = stream;
    const intercepted = (...args: Parameters<typeof write>) => {
      this.#live?.erase();
      const result = write.apply(stream, args);
      const text = typeof args[0] === "string" ? args[0] : Buffer.from(args[0]).toString("latin1");
      if (text !== "") this.#isLineOpen = !text.endsWith("\n");
      this.#draw();
      return result;
    };
    stream.write = intercepted as typeof write;
    return () => {
      this.#isLineOpen = false;
      // Other code may have wrapped our `write`. Then both stay, which is harmless.
      if (stream.write === intercepted) stream.write = write;
    };
  }

  #stopTicking(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}
