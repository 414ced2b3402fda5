import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReplayArchive } from "../../src/replay/replay_archive.ts";
import { bufferOf, expectSame } from "./numbered_buffer.ts";

const moduleUrl = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);

/** Saves a growing buffer again and again until it is killed. */
const WRITER = `
  const { ReplayArchive } = await import(${moduleUrl("../../src/replay/replay_archive.ts")});
  const { addTo, bufferOf } = await import(${moduleUrl("./numbered_buffer.ts")});
  const archive = new ReplayArchive(process.argv.at(-1));
  const buffer = bufferOf(30);
  for (let count = 30; ; count += 3) {
    await archive.save(buffer);
    process.stdout.write("saved ");
    addTo(buffer, count, 3);
  }`;

describe("a replay archive", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-replay-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([3, 40, 111])(
    "is intact after kill -9, %d ms into a run that keeps saving, and the next save removes leftovers",
    async (delayMs) => {
      const flags = ["--import", "tsx", "--input-type=module", "--eval", WRITER, folder];
      const cwd = fileURLToPath(new URL("../..", import.meta.url));
      const writer = spawn(process.execPath, flags, { cwd, stdio: ["ignore", "pipe", "inherit"] });
      const exited = new Promise((resolve) => writer.once("exit", resolve));
      await Promise.race([new Promise((resolve) => writer.stdout.once("data", resolve)), exited]);
      await sleep(delayMs);
      writer.kill("SIGKILL");
      await exited;
      expect(writer.signalCode).toBe("SIGKILL");

      const loaded = await new ReplayArchive(folder).load();
      const seen = loaded.snapshot().state.transitions.end;
      expect(seen).toBeGreaterThanOrEqual(30);
      expectSame(loaded, bufferOf(seen));

      await writeFile(join(folder, ".frames-000000.9.safetensors.0.tmp"), "half a block");
      const archive = new ReplayArchive(folder);
      await archive.save(loaded);
      const named = (await readFile(join(folder, "replay.json"), "utf8")).match(/[\w.-]+\.safetensors/g)!;
      expect(new Set(await readdir(folder))).toEqual(new Set(["replay.json", ...named]));
    },
  );
});
