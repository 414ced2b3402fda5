import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ReplayArchive } from "../../src/replay/replay_archive.ts";
import { program } from "../build.ts";
import { bufferOf, expectSame } from "./numbered_buffer.ts";

describe("a replay archive", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-replay-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([3, 40, 111])(
    "is intact after kill -9, %d ms into a run that keeps saving, and the next save removes leftovers",
    async (delayMs) => {
      const args = [program("replay/processes/save_until_killed"), folder];
      const writer = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
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
