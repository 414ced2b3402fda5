/** Untrusted datasets: nothing in them makes this program read or write outside their folder. */
import { cp, lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { pushToHub } from "../../src/utils/hub/push_to_hub.ts";
import { writeEpisode } from "./example_episodes.ts";
import { writeDataset } from "./support.ts";

let home: string;
let root: string;
beforeEach(async () => {
  root = await writeDataset([3]);
  home = join(root, "..");
  await writeFile(join(home, "precious.txt"), "the owner's");
});

async function editInfo(change: (info: Record<string, unknown>) => void): Promise<void> {
  const info = JSON.parse(await readFile(join(root, "meta/info.json"), "utf8"));
  change(info);
  await writeFile(join(root, "meta/info.json"), JSON.stringify(info));
}

/** Reads the dataset in every way, and tries to add to it. */
async function use(): Promise<void> {
  await Dataset.open(root)
    .then(async (dataset) => {
      await dataset.frame(0).catch(() => {});
      await dataset.close();
    })
    .catch(() => {});
  await validateDataset(root);
  const writer = await DatasetWriter.resume({ root }).catch(() => undefined);
  if (!writer) return;
  await writeEpisode(writer, 1, 3).catch(() => writer.discardEpisode());
  await writer.close();
}

/** Nothing appeared beside the dataset, and existing files are unchanged. */
async function expectUntouched(...others: string[]): Promise<void> {
  expect((await readdir(home)).sort()).toEqual(["dataset", "precious.txt", ...others].sort());
  expect(await readFile(join(home, "precious.txt"), "utf8")).toBe("the owner's");
}

describe("a dataset that came with a journal", () => {
  it.each([
    ["overwrites no file outside", "../precious.txt", ".recording/precious.txt"],
    ["overwrites no file outside, by way of its own folders", "../../../precious.txt", "precious.txt"],
    [
      "overwrites no hidden file inside, where programs look",
      ".git/hooks/pre-commit",
      ".recording/staged/.git/hooks/x",
    ],
  ])("%s", async (_, named, brought) => {
    await mkdir(join(root, ".recording/staged/.git/hooks"), { recursive: true });
    await writeFile(join(root, brought), "evil");
    await writeFile(join(root, ".recording/commit.json"), JSON.stringify([named]));
    await use();
    await expectUntouched();
    expect(await readdir(root)).not.toContain(".git");
    await expect(DatasetWriter.resume({ root })).rejects.toThrow(/commit\.json: names .* which recording never writes/);
  });

  it("moves no file out of the owner's folders into it", async () => {
    await mkdir(join(root, ".recording/staged"), { recursive: true });
    await writeFile(join(root, ".recording/commit.json"), JSON.stringify(["../../../precious.txt"]));
    await use();
    await expectUntouched();
  });

  it("moves and deletes nothing through links in its work folder", async () => {
    await mkdir(join(home, "theirs/staged/data"), { recursive: true });
    await writeFile(join(home, "theirs/staged/data/x.parquet"), "theirs");
    await symlink("../theirs", join(root, ".recording"));
    await writeFile(join(home, "theirs/commit.json"), JSON.stringify(["data/x.parquet"]));
    await use();
    await expectUntouched("theirs");
    expect((await readdir(join(home, "theirs"), { recursive: true })).sort()).toEqual([
      ...["commit.json", "staged", "staged/data", "staged/data/x.parquet"],
    ]);
  });
});

describe("a dataset whose templates lead out", () => {
  it.each([
    ["../outside.parquet", "data_path"],
    ["../outside-{file_index}.parquet", "data_path"],
    ["data/../../outside.parquet", "data_path"],
    ["data\\..\\..\\outside.parquet", "data_path"],
    ["C:/outside.parquet", "data_path"],
  ])("with %j are refused by field, and nothing is read or written there", async (template, field) => {
    await cp(join(root, "data/chunk-000/file-000.parquet"), join(home, "outside.parquet"));
    await editInfo((info) => {
      info[field] = template;
    });
    await expect(Dataset.open(root)).rejects.toThrow(`meta/info.json, field "${field}": leads out of the dataset`);
    await use();
    await expectUntouched("outside.parquet");
  });

  it("by an absolute path is refused", async () => {
    await editInfo((info) => {
      info.data_path = join(home, "outside.parquet");
    });
    await expect(Dataset.open(root)).rejects.toThrow(/field "data_path": leads out of the dataset: .* is absolute/);
  });

  it("by the name of a camera is refused", async () => {
    root = await writeDataset([2], { camera: "video" });
    await editInfo((info) => {
      const features = info.features as Record<string, unknown>;
      features["../../../camera"] = features["observation.images.front"];
    });
    await expect(Dataset.open(root)).rejects.toThrow('field "video_path": leads out of the dataset');
  });

  it("by a feature named like an Object property is refused by name", async () => {
    for (const name of ["__proto__", "constructor"]) {
      const text = await readFile(join(root, "meta/info.json"), "utf8");
      const feature = `"${name}": {"dtype": "float32", "shape": [1], "names": null},`;
      await writeFile(join(root, "meta/info.json"), text.replace('"features": {', `"features": {${feature}`));
      await expect(Dataset.open(root)).rejects.toThrow(`no feature can be named "${name}"`);
      await writeFile(join(root, "meta/info.json"), text);
    }
  });
});

describe("links in a dataset", () => {
  it("that lead out are not read", async () => {
    const path = join(root, "data/chunk-000/file-000.parquet");
    await rename(path, join(home, "outside.parquet"));
    await symlink("../../../outside.parquet", path);
    const { problems } = await validateDataset(root);
    expect(problems[0]).toMatchObject({ file: "data/chunk-000/file-000.parquet" });
    expect(problems[0]!.message).toMatch(/is a link out of its folder/);
    const options = { hubUrl: "http://127.0.0.1:9", token: "hf_x" };
    await expect(pushToHub(root, "owner/name", options)).rejects.toThrow("is a link out of its folder");
  });

  it("are not written through", async () => {
    await rename(join(root, "data"), join(home, "elsewhere"));
    await symlink("../elsewhere", join(root, "data"));
    const before = await readdir(join(home, "elsewhere"), { recursive: true });
    await use();
    expect(await readdir(join(home, "elsewhere"), { recursive: true })).toEqual(before);
  });

  it("into the cache of their snapshot are read", async () => {
    const snapshot = join(home, "datasets--owner--name/snapshots/0123456789abcdef");
    const blobs = join(home, "datasets--owner--name/blobs");
    await mkdir(blobs, { recursive: true });
    await cp(root, snapshot, { recursive: true });
    let count = 0;
    for (const entry of await readdir(snapshot, { recursive: true })) {
      const path = join(snapshot, entry);
      if ((await lstat(path)).isDirectory()) continue;
      const blob = join(blobs, String(++count).padStart(64, "0"));
      await rename(path, blob);
      await symlink(blob, path);
    }
    expect((await validateDataset(snapshot)).problems).toEqual([]);
    await rm(snapshot, { recursive: true });
  });
});
