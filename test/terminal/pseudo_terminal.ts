/** A command in a pseudo-terminal, with a screen that can be read: what a person at the keyboard sees and does. */
import { join } from "node:path";
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";
import { HANDRAIL } from "../build.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface PseudoTerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Exit {
  readonly code: number;
  readonly signal: number;
}

export class PseudoTerminal {
  /** Resolves when the command has ended and everything it wrote is on the screen. */
  readonly exited: Promise<Exit>;
  /** Everything it wrote, with every control sequence. */
  raw = "";
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  readonly #waiting = new Set<() => void>();
  #isOver = false;

  constructor(file: string, args: readonly string[], options: PseudoTerminalOptions = {}) {
    const { columns: cols = 80, rows = 24, cwd = ROOT, env = {} } = options;
    this.#screen = new xterm.Terminal({ cols, rows, scrollback: 10_000, allowProposedApi: true });
    const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
    this.#pty = spawn(file, [...args], {
      ...{ name: "xterm-256color", cols, rows, cwd },
      env: { ...inherited, TERM: "xterm-256color", ...env } as Record<string, string>,
    });
    this.#pty.onData((data) => {
      this.raw += data;
      this.#screen.write(data, () => this.#changed());
    });
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#screen.write("", () => {
          this.#isOver = true;
          resolve({ code: exitCode, signal: signal ?? 0 });
          this.#changed();
        });
      });
    });
  }

  /** `handrail <args>` */
  static handrail(args: readonly string[], options?: PseudoTerminalOptions): PseudoTerminal {
    return new PseudoTerminal(process.execPath, [HANDRAIL, ...args], options);
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Every line from the first on, scrolled away or not; a line that the terminal has broken is one line. */
  get lines(): string[] {
    const { active: buffer } = this.#screen.buffer;
    const lines: string[] = [];
    for (let y = 0; y < buffer.length; y++) {
      const row = buffer.getLine(y)!;
      if (row.isWrapped) lines[lines.length - 1] += row.translateToString(true);
      else lines.push(row.translateToString(true));
    }
    return lines;
  }

  /** As `lines`, but each row of the screen is a line. */
  get screenRows(): string[] {
    const { active: buffer } = this.#screen.buffer;
    return Array.from({ length: buffer.length }, (_, y) => buffer.getLine(y)!.translateToString(true));
  }

  get text(): string {
    return this.lines.join("\n");
  }

  /** The row and column of the cursor, from 0, and what its row shows. */
  get cursor(): { readonly column: number; readonly line: string } {
    const { active: buffer } = this.#screen.buffer;
    const row = buffer.getLine(buffer.baseY + buffer.cursorY)!;
    return { column: buffer.cursorX, line: row.translateToString(true) };
  }

  get wrapsLines(): boolean {
    return this.#screen.modes.wraparoundMode;
  }

  get showsCursor(): boolean {
    // Not part of the library's public interface: the last that was written decides.
    return this.raw.lastIndexOf("\u001b[?25l") <= this.raw.lastIndexOf("\u001b[?25h");
  }

  /** @throws Error when the command ends before, with what is on the screen. */
  async until(condition: RegExp | ((terminal: this) => boolean)): Promise<void> {
    const holds = () => (condition instanceof RegExp ? condition.test(this.text) : condition(this));
    while (!holds()) {
      if (this.#isOver) throw new Error(`the command has ended without ${condition}; the screen shows:\n${this.text}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  press(keys: string): void {
    this.#pty.write(keys);
  }

  pressCtrlC(): void {
    this.press("\u0003");
  }

  resize(columns: number, rows = 24): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** Closes the window: everything in it gets SIGHUP, and its terminal fails from then on. */
  hangUp(): void {
    (this.#pty as unknown as { destroy(): void }).destroy();
  }

  /** Resolves when the command and everything that it started have ended. */
  async allEnded(): Promise<void> {
    await this.exited;
    while (this.signalAll(0)) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** To the command and everything that it started. @returns whether any of it is there. */
  signalAll(signal: NodeJS.Signals | 0): boolean {
    try {
      process.kill(-this.#pty.pid, signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Of a test that failed half-way. */
  async kill(): Promise<void> {
    this.signalAll("SIGKILL");
    await this.allEnded();
  }

  #changed(): void {
    for (const notify of this.#waiting) notify();
    this.#waiting.clear();
  }
}
