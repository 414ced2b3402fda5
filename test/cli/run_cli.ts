/** Runs a script of this project as a user does: a process, its exit code and what it prints. */
import { execFile } from "node:child_process";
import { join } from "node:path";

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export function runScript(script: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", script, ...args], (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

/** `handrail <args>` */
export const handrail = (...args: string[]): Promise<Outcome> => runScript(MAIN, ...args);
