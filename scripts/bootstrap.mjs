/**
 * Makes a bare clone runnable: installs the locked dependencies if they are missing or out of date, then runs Node with the
 * arguments. Uses only Node itself.
 *
 * It forwards stop signals to its child, waits until the child has saved everything, and exits with the child's code or
 * signal.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const onWindows = process.platform === "win32";
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const PARENT_CHECK_MS = 500;

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Handrail needs Node 20.19 or newer; this is ${process.versions.node}.`);
}
const args = process.argv.slice(2);
if (args.length === 0) fail("usage: node scripts/bootstrap.mjs <arguments of node>");

installIfNeeded();
runNode(args);

function installIfNeeded() {
  if (process.env.HANDRAIL_NO_INSTALL) return;
  const lock = createHash("sha256")
    .update(readFileSync(`${root}package-lock.json`))
    .digest("hex");
  const stamp = `${root}node_modules/.handrail-install`;
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("Installing dependencies (once; about a minute) …");
  if (npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]) !== 0) {
    fail(
      "Could not install the dependencies. npm's message is above.\n" +
        "If there is no network, connect once (only the npm registry is needed) or point npm at a mirror with\n" +
        "`npm config set registry <url>`, then run the same command again.",
    );
  }
  writeFileSync(stamp, lock);
}

function npm(npmArgs) {
  const options = { cwd: root, stdio: "inherit", shell: onWindows };
  return spawnSync(onWindows ? "npm.cmd" : "npm", npmArgs, options).status ?? 1;
}

function runNode(nodeArgs) {
  // A closed terminal fails what is written to it; that is no reason to leave the child alone.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  // The child uses this text to print commands that can be pasted.
  const event = process.env.npm_lifecycle_event;
  const startedAs = event === "start" ? { HANDRAIL_STARTED_AS: "npm start train" } : {};
  const env = { ...process.env, ...startedAs };
  const child = spawn(process.execPath, nodeArgs, { cwd: root, stdio: "inherit", env });
  // On Windows the console notifies the child itself, and `kill` would end it at once.
  for (const signal of STOP_SIGNALS) process.on(signal, () => onWindows || child.kill(signal));
  const watch = event === undefined ? undefined : whenParentEnds(() => child.kill("SIGHUP"));
  child.on("error", (error) => fail(error.message));
  child.on("exit", (code, signal) => {
    clearInterval(watch);
    if (signal === null) process.exit(code);
    // Exits like the child: a shell recognises by it that a script was interrupted.
    for (const name of STOP_SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    setTimeout(() => process.exit(128 + constants.signals[signal]), 1000);
  });
}

/** A shell between npm and this process dies of a signal without passing it on. */
function whenParentEnds(then) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    then();
  }, PARENT_CHECK_MS);
  return watch;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
