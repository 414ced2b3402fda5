/**
 * Makes a bare clone runnable: installs the locked dependencies when they are missing or out of date,
 * then runs the npm script named by the first argument. Uses only what Node itself brings.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const [script, ...args] = process.argv.slice(2);

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Handrail needs Node 20.19 or newer; this is ${process.versions.node}.`);
}
if (script === undefined) fail("usage: node scripts/bootstrap.mjs <npm script> [arguments]");

installIfNeeded();
process.exit(npm(["run", "--silent", script, ...(args.length > 0 ? ["--", ...args] : [])]));

function installIfNeeded() {
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
  const windows = process.platform === "win32";
  return spawnSync(windows ? "npm.cmd" : "npm", npmArgs, { cwd: root, stdio: "inherit", shell: windows }).status ?? 1;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
