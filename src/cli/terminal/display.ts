/**
 * What a person sees of a command: lines that stay, and in a terminal one line below them that says what goes on. Whatever
 * else the process prints meanwhile, such as a plug-in's `console.log`, goes above that line. Where output is not a
 * terminal, the status is a plain line now and then.
 */
import { performance } from "node:perf_hooks";
import { printable } from "../../utils/text/printable.ts";
import { LiveLine, type TerminalStream } from "./live_line.ts";
import { fitStatus, type Status, statusLine } from "./status.ts";

/** Where output is not a terminal, a line is enough this often. */
const PLAIN_LINE_EVERY_MS = 10_000;
/** TERM of terminals that cannot move a cursor. Windows, which can, has none. */
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
  /** Somebody else has begun a line and not ended it. */
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

  /** What the command was asked for: lines on the standard output. Control characters are shown, not obeyed. */
  result(text: string): void {
    this.#streams.output.write(`${printable(text)}\n`);
  }

  /** Lines that stay, on the error output. Control characters are shown, not obeyed. */
  print(text: string): void {
    this.picture(printable(text));
  }

  /** As `print`, for lines with colours that were made here. */
  picture(text: string): void {
    const lines = `${this.#isLineOpen ? "\n" : ""}${text}\n`;
    this.#isLineOpen = false;
    if (this.#live?.isDrawn) this.#draw(lines);
    else this.#streams.errors.write(lines);
  }

  /** What goes on now, until the next `show` or `end`. */
  show(status: Status): void {
    this.#stopTicking();
    this.#show(status);
  }

  /** Something whose end cannot be foreseen; counts the seconds. */
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

  /** Takes the status away; what was printed stays. The display can be used again. */
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
    // The last column stays free: some terminals would break the line after it.
    this.#live.draw(printable(fitStatus(this.#status, this.#live.columns - 1)), above);
  }

  /** While there is a line below, whatever is written to the terminal makes way for it. */
  #intercept(): void {
    if (this.#release.length > 0) return;
    const { output, errors } = this.#streams;
    for (const stream of new Set([output, errors])) if (stream.isTTY) this.#release.push(this.#interceptStream(stream));
    const draw = () => this.#draw();
    // After Ctrl-Z and `fg` the shell's lines are below ours.
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
      // Somebody else may have put theirs on top of ours; then it stays, and ours under it does no harm.
      if (stream.write === intercepted) stream.write = write;
    };
  }

  #stopTicking(): void {
    clearInterval(this.#ticking);
    this.#ticking = undefined;
  }
}
