import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
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

  it("is whole again when restored after it was deleted, also if it is closed at once", async () => {
    const folder = await OutboxFolder.open(directory);
    await rm(directory, { recursive: true });
    const restored = Promise.all([folder.restore(), folder.restore()]);
    await folder.close();
    await restored;
    const again = await OutboxFolder.open(directory);
    expect(again.session).toBe(folder.session);
    await again.close();
  });

  it("is not restored where another actor has begun a session meanwhile", async () => {
    const folder = await OutboxFolder.open(directory);
    await rename(directory, `${directory}-away`);
    const other = await OutboxFolder.open(directory);
    await expect(folder.restore()).rejects.toThrow("in use by process");
    await other.close();
    await expect(folder.restore()).rejects.toThrow(`${directory} now belongs to another session`);
    await folder.close();
  });
});
