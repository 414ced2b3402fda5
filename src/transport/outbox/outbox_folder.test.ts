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

  it("belongs to one actor at a time", async () => {
    const folder = await OutboxFolder.open(directory);
    await expect(OutboxFolder.open(directory)).rejects.toThrow(
      new RegExp(
        `the outbox ${directory} is in use by process ${process.pid} on .* Each actor needs an outbox of its own`,
      ),
    );
    await folder.close();
    await (await OutboxFolder.open(directory)).close();
  });

  it("is free regardless of an earlier version's lock file", async () => {
    await (await OutboxFolder.open(directory)).close();
    await writeFile(join(directory, "lock"), String(process.ppid)); // which is alive
    await (await OutboxFolder.open(directory)).close();
  });

  it("is free again after a failed opening", async () => {
    await (await OutboxFolder.open(directory)).close();
    const identity = await readFile(join(directory, "session.json"));
    await writeFile(join(directory, "session.json"), "{");
    await expect(OutboxFolder.open(directory)).rejects.toThrow("session.json is damaged");
    await writeFile(join(directory, "session.json"), identity);
    await (await OutboxFolder.open(directory)).close();
  });

  it("does not replace a damaged identity by a new session", async () => {
    await (await OutboxFolder.open(directory)).close();
    await writeFile(join(directory, "session.json"), "{");
    await expect(OutboxFolder.open(directory)).rejects.toThrow("session.json is damaged");
  });
});
