import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { OutboxFolder } from "./outbox_folder.ts";

let directory: string;
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), "handrail-folder-")), "outbox");
});
afterEach(() => rm(join(directory, ".."), { recursive: true }));

describe("OutboxFolder", () => {
  it("remembers session and run", async () => {
    const first = await OutboxFolder.open(directory);
    await first.bindToRun("pick-cube-7");
    await first.close();
    const second = await OutboxFolder.open(directory);
    expect([second.session, second.runId]).toEqual([first.session, "pick-cube-7"]);
    await second.close();
  });

  it("belongs to one living process at a time", async () => {
    // The parent of the test process is alive and is not this process.
    await (await OutboxFolder.open(directory)).close();
    await writeFile(join(directory, "lock"), String(process.ppid));
    await expect(OutboxFolder.open(directory)).rejects.toThrow(`process ${process.ppid} uses this outbox`);
  });

  it("is free again when its process was killed", async () => {
    await (await OutboxFolder.open(directory)).close();
    await writeFile(join(directory, "lock"), "999999999");
    const folder = await OutboxFolder.open(directory);
    expect(await readFile(join(directory, "lock"), "utf8")).toBe(String(process.pid));
    await folder.close();
  });

  it("does not invent a new session over a damaged identity", async () => {
    await (await OutboxFolder.open(directory)).close();
    await writeFile(join(directory, "session.json"), "{");
    await expect(OutboxFolder.open(directory)).rejects.toThrow("session.json is damaged");
  });
});
