import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addTo, bufferOf, expectSame } from "../../test/replay/numbered_buffer.ts";
import { loadSafetensors, saveSafetensors } from "../tensor/safetensors/file.ts";
import { ReplayArchive } from "./replay_archive.ts";

describe("ReplayArchive", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-replay-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([0, 1, 7, 60, 200])("restores, bit for bit, a buffer that has seen %d transitions", async (count) => {
    const buffer = bufferOf(count);
    if (count > 0) buffer.sample(4);
    await new ReplayArchive(folder).save(buffer);
    const loaded = await new ReplayArchive(folder).load();
    expect(loaded.snapshot().state).toEqual(buffer.snapshot().state);
    if (count > 0) expectSame(loaded, buffer);
  });

  it("restores episodes, and loads buffers that earlier versions saved without them", async () => {
    const known = bufferOf(20);
    const { episode: _, ...last } = known.at(19);
    for (const episode of [1, 2 ** 32 - 1]) known.add({ ...last, episode });
    await new ReplayArchive(folder).save(known);
    const loaded = await new ReplayArchive(folder).load();
    const episodes = Array.from({ length: 22 }, (_, i) => loaded.at(i).episode);
    expect(episodes).toEqual([...Array(20).fill(undefined), 1, 2 ** 32 - 1]);

    for (const file of await readdir(folder)) {
      if (!file.startsWith("transitions-")) continue;
      const { tensors } = await loadSafetensors(join(folder, file));
      await saveSafetensors(join(folder, file), { values: tensors.values! });
    }
    const old = new ReplayArchive(folder);
    const without = await old.load();
    for (let i = 0; i < 22; i++) {
      const { episode: _, ...expected } = known.at(i);
      expect(without.at(i)).toEqual(expected);
    }
    // Its blocks are kept unchanged, beside new ones with episodes.
    without.add({ ...last, episode: 3 });
    await old.save(without);
    expect((await new ReplayArchive(folder).load()).at(22).episode).toBe(3);
  });

  it("writes only new blocks when the same buffer is saved again, also after loading it", async () => {
    const buffer = bufferOf(60);
    const archive = new ReplayArchive(folder);
    const first = await archive.save(buffer);
    addTo(buffer, 60, 4);
    const again = await archive.save(buffer);
    expect(first).toBeGreaterThan(12);
    expect(again).toBeLessThanOrEqual(3);

    const reopened = new ReplayArchive(folder);
    const loaded = await reopened.load();
    addTo(loaded, 64, 4);
    addTo(buffer, 64, 4);
    expect(await reopened.save(loaded)).toBeLessThanOrEqual(3);
    expectSame(await new ReplayArchive(folder).load(), buffer);
  });

  it("shares complete blocks with another folder; each outlives the other", async () => {
    const buffer = bufferOf(60);
    const first = new ReplayArchive(join(folder, "a"));
    const all = await first.save(buffer);
    const before = bufferOf(60);
    addTo(buffer, 60, 4);
    const second = new ReplayArchive(join(folder, "b"), { shareWith: first.saved! });
    expect(all).toBeGreaterThan(12);
    expect(await second.save(buffer)).toBeLessThanOrEqual(3);
    expectSame(await new ReplayArchive(join(folder, "a")).load(), before);
    await rm(join(folder, "a"), { recursive: true });
    expect((await new ReplayArchive(join(folder, "b")).load()).snapshot().state).toEqual(buffer.snapshot().state);

    const third = new ReplayArchive(join(folder, "c"), { shareWith: first.saved! });
    expect(await third.save(buffer)).toBeGreaterThan(12);
    expectSame(await new ReplayArchive(join(folder, "c")).load(), buffer);
  });

  it("writes a complete block again once a transition in it was amended, here and where blocks are shared", async () => {
    const buffer = bufferOf(60);
    const first = new ReplayArchive(join(folder, "a"));
    await first.save(buffer);
    buffer.amend(3, { reward: -7 });
    const second = new ReplayArchive(join(folder, "b"), { shareWith: first.saved! });
    expect(await second.save(buffer)).toBeLessThanOrEqual(3);
    expect((await new ReplayArchive(join(folder, "a")).load()).at(3).reward).toBe(3);
    expect((await new ReplayArchive(join(folder, "b")).load()).at(3).reward).toBe(-7);

    await first.save(buffer);
    const reopened = new ReplayArchive(join(folder, "a"));
    const loaded = await reopened.load();
    expect(loaded.at(3).reward).toBe(-7);
    loaded.amend(4, { reward: -8 });
    await reopened.save(loaded);
    expect((await new ReplayArchive(join(folder, "a")).load()).at(4).reward).toBe(-8);
  });

  it("deletes the files of dropped blocks", async () => {
    const buffer = bufferOf(60);
    const archive = new ReplayArchive(folder);
    await archive.save(buffer);
    const before = (await readdir(folder)).length;
    for (let i = 0; i < 5; i++) {
      addTo(buffer, 60 + 60 * i, 60);
      await archive.save(buffer);
    }
    expect((await readdir(folder)).length).toBeLessThanOrEqual(before + 2);
  });

  it("replaces another buffer's files completely", async () => {
    await new ReplayArchive(folder).save(bufferOf(60, 1));
    const archive = new ReplayArchive(folder);
    await archive.load();
    const other = bufferOf(45, 2);
    await archive.save(other);
    expectSame(await new ReplayArchive(folder).load(), other);
  });

  it("leaves the last save readable when a save fails because the buffer changed meanwhile", async () => {
    const buffer = bufferOf(30);
    const archive = new ReplayArchive(folder);
    await archive.save(buffer);
    addTo(buffer, 30, 20);
    const saving = archive.save(buffer);
    addTo(buffer, 50, 1);
    await expect(saving).rejects.toThrow("changed while its snapshot was being read");
    expectSame(await new ReplayArchive(folder).load(), bufferOf(30));
    expect(await archive.save(buffer)).toBeGreaterThan(0);
    expectSame(await new ReplayArchive(folder).load(), buffer);
  });

  it("names what is missing or damaged", async () => {
    await expect(new ReplayArchive(folder).load()).rejects.toThrow(
      `no replay buffer in ${folder}: replay.json is missing`,
    );
    await new ReplayArchive(folder).save(bufferOf(30));
    const index = join(folder, "replay.json");
    const text = await readFile(index, "utf8");
    await writeFile(index, text.slice(0, -20));
    await expect(new ReplayArchive(folder).load()).rejects.toThrow("replay.json does not describe a replay buffer");
    await writeFile(index, text.replace(/"file": "frames[^"]*"/, '"file": "../elsewhere.safetensors"'));
    await expect(new ReplayArchive(folder).load()).rejects.toThrow("replay.json does not describe a replay buffer");
    await writeFile(index, text);
    const block = (await readdir(folder)).find((file) => file.startsWith("frames"))!;
    await cp(join(folder, block), join(folder, "copy"));
    await rm(join(folder, block));
    await expect(new ReplayArchive(folder).load()).rejects.toThrow(block);
    await writeFile(join(folder, block), (await readFile(join(folder, "copy"))).subarray(0, -1));
    await expect(new ReplayArchive(folder).load()).rejects.toThrow(block);
  });
});
