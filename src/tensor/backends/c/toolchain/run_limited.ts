/** Runs a short program, with a time limit that holds for the programs it starts, too. */
import { spawn } from "node:child_process";

export interface ProgramResult {
  /** Null for a program that a signal ended. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly timeoutMs: number;
  /** Where the program keeps temporary files. */
  readonly temporaryFolder?: string;
  /**
   * In the background: at low priority, since a robot that is being driven meanwhile goes first, and no longer than this
   * process, however it ends. A shell starts the program, so that one that does not exist is no error but exit code 127.
   */
  readonly background?: boolean;
}

/**
 * Runs its arguments. The standard input is closed when the process that holds its other end is killed, too, and can do
 * nothing itself: then the whole group is ended. This is in place before the program runs.
 */
const IN_THE_BACKGROUND = `
exec 3<&0
{ read -r _ <&3; kill -9 0; } >/dev/null 2>&1 &
guard=$!
nice -n 10 "$@" </dev/null 3<&-
code=$?
kill "$guard" 2>/dev/null
exit "$code"`;

/** A compiler can print megabytes. */
const MAX_CHARACTERS = 65_536;

/** @throws Error with the system's code if the program cannot be started, and Error with code ETIMEDOUT. */
export async function runLimited(
  program: readonly [string, ...string[]],
  { timeoutMs, temporaryFolder, background = false }: ProgramOptions,
): Promise<ProgramResult> {
  const folder = temporaryFolder === undefined ? {} : { TMPDIR: temporaryFolder };
  const [command, ...args] = background ? ["/bin/sh", "-c", IN_THE_BACKGROUND, "sh", ...program] : program;
  const child = spawn(command!, args, {
    stdio: [background ? "pipe" : "ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", ...folder },
    // A group of its own: it can be ended as a whole, and Ctrl-C leaves it to this process to decide.
    detached: true,
  });
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]!.setEncoding("utf8").on("data", (text: string) => {
      if (output[name].length < MAX_CHARACTERS) output[name] += text;
    });
  }
  process.once("exit", kill);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  try {
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => {
        if (timedOut) {
          const message = `${program[0]} did not end within ${timeoutMs / 1000} s`;
          reject(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
        } else resolve({ code, signal, ...output });
      });
    });
  } finally {
    clearTimeout(timer);
    process.off("exit", kill);
  }
}
