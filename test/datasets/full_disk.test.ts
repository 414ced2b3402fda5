import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { program } from "../build.ts";
import { temporaryFolder } from "./support.ts";

const run = promisify(execFile);

/** The shell's limit on file sizes makes the system itself refuse to write, like a full disk. */
it.skipIf(process.platform === "win32").each([
  { camera: "image", limitKib: 400, frames: 3, file: "data/chunk-000/file-000.parquet" },
  { camera: "video", limitKib: 300, frames: 20, file: "videos/observation.images.front/chunk-000/file-000.mp4" },
])("loses nothing saved when the system refuses to write a file: $camera", async ({ camera, ...expected }) => {
  const root = join(await temporaryFolder(), "full");
  const script = program("datasets/processes/record_until_full");
  const command = 'ulimit -f "$1"; exec "$2" "$3" "$4" "$5"';
  const { stdout } = await run("bash", [
    "-c",
    command,
    "bash",
    String(expected.limitKib),
    process.execPath,
    script,
    root,
    camera,
  ]);
  const lines = stdout.trim().split("\n");
  expect(lines.at(-2)).toContain(`error: ${expected.file}: cannot be written (`);
  expect(lines.at(-1)).toBe(`kept ${expected.frames}`);
  const saved = lines.length - 2;
  expect(saved).toBeGreaterThan(1);
  expect(await validateDataset(root)).toEqual({ episodes: saved, frames: expected.frames * saved, problems: [] });
});
