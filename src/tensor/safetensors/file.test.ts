import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Tensor } from "../tensor.ts";
import { parseSafetensors, serializeSafetensors } from "./bytes.ts";
import { loadSafetensors, openSafetensors, saveSafetensors } from "./file.ts";
import { SafetensorsError } from "./format.ts";

const testData = (name: string) => fileURLToPath(new URL(`../../../test/data/${name}`, import.meta.url));
const tensors = {
  "actor.weight": Tensor.of([2, 2], [1, 2, 3, 4]),
  mask: new Tensor("bool", [3], Uint8Array.of(1, 0, 1)),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe("openSafetensors", () => {
  it("lists a checkpoint and reads single tensors from it, also concurrently", async () => {
    const path = testData("lerobot_checkpoints/shared_encoder/model.safetensors");
    const whole = parseSafetensors(new Uint8Array(await readFile(path)));
    const file = await openSafetensors(path);
    expect([...file.names].sort()).toEqual(Object.keys(whole.tensors).sort());
    expect(file.metadata).toEqual(whole.metadata);
    const read = await Promise.all(file.names.map(async (name) => [name, await file.read(name)] as const));
    expect(Object.fromEntries(read)).toEqual(whole.tensors);
    await file.close();
  });

  it("identifies a Git LFS pointer", async () => {
    const path = join(folder, "pointer.safetensors");
    await writeFile(path, `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 188592\n`);
    const error = await openSafetensors(path).catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(SafetensorsError);
    expect((error as Error).message).toMatch(/pointer\.safetensors: is a Git LFS pointer.*git lfs pull/);
  });

  it("returns shapes and types without reading, also of an unsupported tensor beside supported ones", async () => {
    const file = await openSafetensors(testData("safetensors/float8.safetensors"));
    expect(file.entry("weight")).toMatchObject({ storedType: "F8_E4M3", dtype: undefined, shape: [2] });
    expect(file.has("weight")).toBe(true);
    expect((await file.read("scale")).data).toEqual(Float32Array.of(2));
    await expect(file.read("weight")).rejects.toThrow(/float8\.safetensors: tensor "weight" is F8_E4M3/);
    await file.close();
  });

  it("names the file, the requested tensor and the existing ones", async () => {
    const path = join(folder, "names.safetensors");
    await saveSafetensors(path, tensors);
    const file = await openSafetensors(path);
    expect(file.has("critic.weight")).toBe(false);
    await expect(file.read("critic.weight")).rejects.toThrow(
      `${path}: no tensor "critic.weight"; the file has actor.weight, mask`,
    );
    await file.close();
  });

  it("refuses to read after close, and can be closed twice", async () => {
    const file = await openSafetensors(testData("safetensors/all_dtypes.safetensors"));
    await file.close();
    await file.close();
    await expect(file.read("f32")).rejects.toThrow('tensor "f32": the file is closed');
  });

  it("refuses a file cut at any byte, naming it", async () => {
    const bytes = serializeSafetensors(tensors);
    const path = join(folder, "cut.safetensors");
    for (let length = 0; length < bytes.length; length++) {
      await writeFile(path, bytes.subarray(0, length));
      const error = await openSafetensors(path).catch((caught: unknown) => caught);
      expect(error, `cut to ${length} bytes`).toBeInstanceOf(SafetensorsError);
      expect((error as Error).message).toContain(path);
    }
  });

  it("detects that the file shrank after it was opened", async () => {
    const path = join(folder, "shrinks.safetensors");
    await saveSafetensors(path, tensors);
    const file = await openSafetensors(path);
    await truncate(path, serializeSafetensors(tensors).length - 1);
    await expect(file.read("mask")).rejects.toThrow('tensor "mask": the file ended early');
    await file.close();
  });

  it("rethrows the file system's error for a missing file", async () => {
    await expect(openSafetensors(join(folder, "missing.safetensors"))).rejects.toThrow(/ENOENT.*missing\.safetensors/);
  });
});

describe("saveSafetensors", () => {
  it("writes files that loadSafetensors and parseSafetensors read", async () => {
    const path = join(folder, "saved.safetensors");
    await saveSafetensors(path, tensors, { format: "pt" });
    const expected = { tensors, metadata: { format: "pt" } };
    expect(await loadSafetensors(path)).toEqual(expected);
    expect(parseSafetensors(new Uint8Array(await readFile(path)))).toEqual(expected);
  });

  it("replaces an older file while it is being read, which stays readable", async () => {
    const path = join(folder, "replaced.safetensors");
    await saveSafetensors(path, tensors);
    const old = await openSafetensors(path);
    await saveSafetensors(path, { other: Tensor.scalar(1) });
    expect(await old.read("actor.weight")).toEqual(tensors["actor.weight"]);
    await old.close();
    expect((await loadSafetensors(path)).tensors).toEqual({ other: Tensor.scalar(1) });
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });
});
