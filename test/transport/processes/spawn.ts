/** Starts the test processes from source and collects what they print. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { eventually } from "../../../src/transport/conformance/harness.ts";

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

  /** @param script File name in this folder. */
  static async start(script: string, ...args: (string | number)[]): Promise<TestProcess> {
    const path = fileURLToPath(new URL(script, import.meta.url));
    const started = new TestProcess(
      spawn(process.execPath, ["--import", "tsx", path, ...args.map(String)], { stdio: ["ignore", "pipe", "pipe"] }),
    );
    await eventually(`the first line of ${script}`, () => {
      if (started.#child.exitCode !== null) throw new Error(`${script} exited:\n${started.errors}`);
      return started.lines.length > 0;
    });
    return started;
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
