/** Runs `handrail train` in a separate process, like a user, and reads its log. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunEvent, type RunEventOf, readRunLog } from "../src/metrics/index.ts";

const ROOT = join(import.meta.dirname, "..");

export interface FinishedRun {
  readonly folder: string;
  /** From starting the process to its end. */
  readonly seconds: number;
  readonly events: readonly RunEvent[];
}

/**
 * Trains once, in a folder that is removed after `read`.
 *
 * @param args Arguments of `handrail train`, including `--config`.
 * @throws Error if training fails.
 */
export async function trainOnce<T>(args: readonly string[], read: (run: FinishedRun) => T | Promise<T>): Promise<T> {
  const parent = mkdtempSync(join(tmpdir(), "handrail-bench-"));
  const folder = join(parent, "run");
  try {
    const start = performance.now();
    const program = ["--import", "tsx", "src/cli/main.ts", "train", ...args, `--output_dir=${folder}`];
    const child = spawn(process.execPath, program, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
    const code = await new Promise((resolve) => child.once("exit", resolve));
    const seconds = (performance.now() - start) / 1000;
    if (code !== 0) throw new Error(`handrail train ${args.join(" ")} has ended with ${code}`);
    const events: RunEvent[] = [];
    for await (const event of readRunLog(join(folder, "run.jsonl"))) events.push(event);
    return await read({ folder, seconds, events });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

export function ofType<Type extends RunEvent["type"]>(events: readonly RunEvent[], type: Type): RunEventOf<Type>[] {
  return events.filter((event): event is RunEventOf<Type> => event.type === type);
}
