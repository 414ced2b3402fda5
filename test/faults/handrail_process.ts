/** `handrail learner`, `handrail actor` or `handrail learn` as a user starts it: a process that can be killed at any moment. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pause } from "../../src/transport/conformance/harness.ts";
import { builtEnvironment, HANDRAIL } from "../build.ts";
import { PATIENCE_S } from "../until.ts";

export class HandrailProcess {
  /** Everything it has printed. */
  output = "";
  /** Times of the start and of the ready message, seconds since 1970. */
  readonly startedAtS = Date.now() / 1000;
  readyAtS = Number.NaN;
  readonly #child: ChildProcess;

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [HANDRAIL, ...args], {
      env: builtEnvironment(),
      stdio: ["ignore", "ignore", "pipe"],
    });
    this.#child.stderr!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
    });
  }

  /** Resolves as soon as actors can connect to it. */
  static async learner(...args: string[]): Promise<HandrailProcess> {
    return await new HandrailProcess(["learner", ...args]).#untilReady("learner on ");
  }

  /** `handrail learn`. Resolves when it trains. */
  static async offline(...args: string[]): Promise<HandrailProcess> {
    return await new HandrailProcess(["learn", ...args]).#untilReady("training in ");
  }

  /** Resolves when the arm is there and about to move. */
  static async actor(...args: string[]): Promise<HandrailProcess> {
    return await new HandrailProcess(["actor", ...args]).#untilReady(" acts for the learner at ");
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** @throws Error when it has not printed `text` after `deadlineS` seconds, or ends without. */
  async prints(text: string, deadlineS = PATIENCE_S): Promise<void> {
    const end = performance.now() + 1000 * deadlineS;
    while (!this.output.includes(text)) {
      if (this.#ended) throw new Error(`it ended without saying "${text}":\n${this.output}`);
      if (performance.now() > end) throw new Error(`it did not say "${text}" within ${deadlineS} s:\n${this.output}`);
      await pause(0.01);
    }
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Asks it to stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return await this.#end("SIGTERM");
  }

  /** Resolves with the exit code once the process has ended on its own. */
  async ended(): Promise<number | null> {
    if (!this.#ended) await once(this.#child, "close");
    return this.#child.exitCode;
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  async #untilReady(text: string): Promise<this> {
    try {
      await this.prints(text, PATIENCE_S);
    } catch (error) {
      await this.kill();
      throw error;
    }
    this.readyAtS = Date.now() / 1000;
    return this;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (!this.#ended) this.#child.kill(signal);
    return await this.ended();
  }
}
