/** Runs a short program in the background. What it starts ends with its time limit, too, and with this process. */
import { spawn } from "node:child_process";
import { constants, setPriority } from "node:os";

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
}

/** A compiler can print megabytes. */
const MAX_CHARACTERS = 65_536;

/** @throws Error with the system's code if the program cannot be started, and Error with code ETIMEDOUT. */
export async function runLimited(
  [command, ...args]: readonly [string, ...string[]],
  { timeoutMs, temporaryFolder }: ProgramOptions,
): Promise<ProgramResult> {
  const folder = temporaryFolder === undefined ? {} : { TMPDIR: temporaryFolder };
  const child = spawn(command, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, LC_ALL: "C", ...folder },
    // A group of its own: it can be ended as a whole, and Ctrl-C leaves it to this process to decide.
    detached: true,
  });
  // A robot that is being driven meanwhile goes first.
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const kill = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => {
      if (output[name].length < MAX_CHARACTERS) output[name] += text;
    });
  }
  process.once("exit", kill);
  const stopGuard = child.pid === undefined ? () => {} : guardGroup(child.pid);
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
          const message = `${command} did not end within ${timeoutMs / 1000} s`;
          reject(Object.assign(new Error(message), { code: "ETIMEDOUT" }));
        } else resolve({ code, signal, ...output });
      });
    });
  } finally {
    clearTimeout(timer);
    process.off("exit", kill);
    stopGuard();
  }
}

/**
 * Ends a group of processes when this process ends, also where it is killed and can do nothing itself: the standard input
 * of the guard is then closed.
 *
 * @returns what ends the guard alone.
 */
function guardGroup(group: number): () => void {
  const guard = spawn("/bin/sh", ["-c", 'read -r _; kill -9 "-$0"', `${group}`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.once("error", () => {}); // Without a shell, the group ends by itself.
  return () => guard.kill("SIGKILL");
}
