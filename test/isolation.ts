/**
 * Gives every test run a machine of its own: an empty home folder and an empty folder for temporary files. Whatever is
 * left there afterwards, and every process that is still running, fails the run and is named.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the tools that run the tests keep in a temporary folder. */
const CACHES = /^(tsx-|node-compile-cache)/;

/** Set in every process that descends from this one. */
const MARK = "HANDRAIL_TEST_RUN";

export default function isolate(): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "handrail-tests-"));
  const [home, temporary] = [join(folder, "home"), join(folder, "tmp")];
  for (const each of [home, temporary]) mkdirSync(each);
  Object.assign(process.env, { HOME: home, USERPROFILE: home, [MARK]: folder });
  for (const name of ["TMPDIR", "TMP", "TEMP"]) process.env[name] = temporary;
  for (const name of Object.keys(process.env).filter((key) => key.startsWith("XDG_"))) delete process.env[name];
  process.env.HANDRAIL_CACHE = join(folder, "cache"); // A program is compiled once per run of the tests.
  // Hundreds of small networks would each wait for a compiler. Tests of compiled programs ask for them.
  process.env.HANDRAIL_BACKEND ??= "onnx";
  process.env.npm_config_cache ??= join(folder, "npm"); // npm logs every command of its own

  return async () => {
    const left = [
      ...readdirSync(home).map((name) => `in the home folder: ${name}`),
      ...readdirSync(temporary)
        .filter((name) => !CACHES.test(name))
        .map((name) => `in the temporary folder: ${name}`),
      ...(await processesLeft(folder)).map((command) => `still running: ${command}`),
    ];
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    if (left.length === 0) return;
    process.exitCode = 1; // Vitest only prints what a teardown throws.
    throw new Error(`the tests left something behind:\n  ${left.join("\n  ")}`);
  };
}

/**
 * The commands of marked processes that are not the test runner's own; they are killed. Linux only: elsewhere, none.
 * A process that is about to end gets two seconds.
 */
async function processesLeft(mark: string): Promise<string[]> {
  for (let attempt = 0; ; attempt++) {
    const left = markedProcesses(mark);
    if (left.length === 0) return [];
    if (attempt === 20) {
      for (const { pid } of left) process.kill(pid, "SIGKILL");
      return left.map(({ command }) => command);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function markedProcesses(mark: string): { readonly pid: number; readonly command: string }[] {
  if (process.platform !== "linux") return [];
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      if (!environment.includes(`${MARK}=${mark}`)) return [];
      const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      return /vitest/.test(command) ? [] : [{ pid: Number(pid), command }];
    } catch {
      return []; // It has ended, or belongs to another user.
    }
  });
}
