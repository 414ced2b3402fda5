/** Starts the test processes and collects their output. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { eventually } from "../../src/transport/conformance/harness.ts";
import { program } from "../build.ts";

export interface StartOptions {
  readonly args: readonly (string | number)[];
  /** A command that runs the process, such as a shell with limits. */
  readonly prefix?: readonly string[];
  /** Whether to wait for the first line. Default: true. */
  readonly waits?: boolean;
}

function isOptions(rest: readonly unknown[]): rest is readonly [StartOptions] {
  return typeof rest[0] === "object";
}

export class TestProcess {
  readonly lines: string[] = [];
  errors = "";
  readonly #child: ChildProcess;
  #partial = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      const lines = (this.#partial + text).split("\n");
      this.#partial = lines.pop()!;
      this.lines.push(...lines);
    });
    child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.errors = (this.errors + text).slice(-10_000);
    });
  }

  /** @param script File name in the folder processes, without its ending. */
  static async start(
    script: string,
    ...rest: readonly [StartOptions] | readonly (string | number)[]
  ): Promise<TestProcess> {
    const { prefix = [], args, waits = true } = isOptions(rest) ? rest[0] : { args: rest as (string | number)[] };
    const [command, ...words] = [
      ...prefix,
      process.execPath,
      program(`transport/processes/${script}`),
      ...args.map(String),
    ];
    const started = new TestProcess(spawn(command!, words, { stdio: ["ignore", "pipe", "pipe"] }));
    if (!waits) return started;
    await eventually(`the first line of ${script}`, () => {
      if (started.#child.exitCode !== null) throw new Error(`${script} exited:\n${started.errors}`);
      return started.lines.length > 0;
    });
    return started;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks the process to stop and waits until it has. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.kill(signal);
    await closed;
  }
}
