import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { validateDataset } from "../../src/datasets/validate.ts";
import { temporaryFolder } from "./support.ts";

const run = promisify(execFile);

/** The shell's limit on file sizes makes the system itself refuse to write, as a full disk does. */
it.skipIf(process.platform === "win32")("loses nothing that was saved when the system refuses to write", async () => {
  const root = join(await temporaryFolder(), "full");
  const script = join(import.meta.dirname, "processes/record_until_full.ts");
  const limitKib = 400;
  const command = 'ulimit -f "$1"; exec "$2" --import tsx "$3" "$4"';
  const { stdout } = await run("bash", ["-c", command, "bash", String(limitKib), process.execPath, script, root]);
  const lines = stdout.trim().split("\n");
  expect(lines.at(-2)).toMatch(/^error: data\/chunk-000\/file-000.parquet: cannot be written \(EFBIG/);
  expect(lines.at(-1)).toBe("kept 3");
  const saved = lines.length - 2;
  expect(saved).toBeGreaterThan(1);
  expect(await validateDataset(root)).toEqual({ episodes: saved, frames: 3 * saved, problems: [] });
});
