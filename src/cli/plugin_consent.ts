/** Asks for consent before a plug-in that a config names may run: once per file, and again when its content changes. */
import { createHash } from "node:crypto";
import { readFile, realpath } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { createInterface } from "node:readline/promises";
import { makeFolder } from "../utils/files/make_folder.ts";
import { writeFileAtomic } from "../utils/files/write_file_atomic.ts";
import { printableLine } from "../utils/text/printable.ts";
import { terminal } from "./terminal/terminal.ts";

/** Absolute path to the SHA-256 of the accepted content. */
type Agreed = Readonly<Record<string, string>>;

/** Asks in a terminal. Without one, only plug-ins accepted before may run. */
export async function agreeToPlugin(file: string): Promise<boolean> {
  const path = await realpath(file);
  const hash = createHash("sha256")
    .update(await readFile(path))
    .digest("hex");
  const agreed = await readAgreed();
  if (Object.hasOwn(agreed, path) && agreed[path] === hash) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY || !(await ask(path))) return false;
  const written = `${JSON.stringify({ ...agreed, [path]: hash }, null, 2)}\n`;
  await makeFolder(dirname(agreedFile()))
    .then(() => writeFileAtomic(agreedFile(), written))
    .catch((error: Error) => terminal.print(`warning: the answer could not be saved: ${error.message}`));
  return true;
}

async function ask(path: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const question =
      `The config names a plug-in, code that runs on this machine with your rights:\n  ${printableLine(path)}\n` +
      "Run it, now and whenever it is unchanged? [y/N] ";
    return /^y(?:es)?$/i.test((await lines.question(question)).trim());
  } finally {
    lines.close();
  }
}

async function readAgreed(): Promise<Agreed> {
  try {
    const content: unknown = JSON.parse(await readFile(agreedFile(), "utf8"));
    return typeof content === "object" && content !== null ? (content as Agreed) : {};
  } catch {
    return {};
  }
}

function agreedFile(): string {
  const { XDG_CONFIG_HOME, APPDATA } = process.env;
  const home = [XDG_CONFIG_HOME, process.platform === "win32" ? APPDATA : undefined].find(
    (folder) => folder !== undefined && isAbsolute(folder),
  );
  return join(home ?? join(homedir(), ".config"), "handrail", "agreed_plugins.json");
}
