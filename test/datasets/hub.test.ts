import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import { pullDataset, pushDataset } from "../../src/datasets/hub.ts";
import { lerobotHome, resolveDataset } from "../../src/datasets/location.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { DatasetWriter } from "../../src/datasets/writing/dataset_writer.ts";
import { HubServer } from "../hub/hub_server.ts";
import { writeEpisode } from "./example_episodes.ts";
import { temporaryFolder, writeDataset } from "./support.ts";

const token = "hf_writer";
let hub: HubServer;
beforeEach(async () => {
  vi.stubEnv("HF_TOKEN", undefined);
  hub = await HubServer.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
});

it("pushes a dataset with a card and the version tag, and pulls the same dataset", async () => {
  const root = await writeDataset([3, 4], { camera: "video" });
  await writeFile(join(root, "README.md"), "my own card");
  await pushDataset(root, "robots/cubes", { hubUrl: hub.url, token });
  expect(Object.keys(hub.files("datasets/robots/cubes", "v3.0")).sort()).toEqual([
    "README.md",
    "data/chunk-000/file-000.parquet",
    "meta/episodes/chunk-000/file-000.parquet",
    "meta/info.json",
    "meta/stats.json",
    "meta/tasks.parquet",
    "videos/observation.images.front/chunk-000/file-000.mp4",
    "videos/observation.images.wrist/chunk-000/file-000.mp4",
  ]);
  const copy = join(await temporaryFolder(), "copy");
  await pullDataset("robots/cubes", copy, { hubUrl: hub.url });
  expect(await validateDataset(copy, { decodeAll: true })).toEqual({ episodes: 2, frames: 7, problems: [] });
  expect(await readFile(join(copy, "README.md"), "utf8")).toBe("my own card");

  // A second push moves the tag to the longer dataset, which training then finds by its id.
  const writer = await DatasetWriter.resume({ root });
  await writeEpisode(writer, 2, 5);
  await writer.close();
  await pushDataset(root, "robots/cubes", { hubUrl: hub.url, token });
  const home = await temporaryFolder();
  vi.stubEnv("HF_LEROBOT_HOME", home);
  const found = await resolveDataset({ repoId: "robots/cubes" }, { hubUrl: hub.url });
  expect(found).toBe(join(home, "robots/cubes"));
  const dataset = await Dataset.open(found);
  expect(dataset.length).toBe(12);
  await dataset.close();
  await hub.stop();
  expect(await resolveDataset({ repoId: "robots/cubes" }, { hubUrl: hub.url })).toBe(found);
});

it("resumes an interrupted download, and refuses damaged content", async () => {
  const root = await writeDataset([30]);
  await pushDataset(root, "robots/cubes", { hubUrl: hub.url, token });
  expect(new TextDecoder().decode(hub.files("datasets/robots/cubes")["README.md"])).toContain(
    "data_files: data/*/*.parquet",
  );
  const copy = join(await temporaryFolder(), "copy");
  hub.breakNextDownload = true;
  await expect(pullDataset("robots/cubes", copy, { hubUrl: hub.url })).rejects.toThrow('dataset "robots/cubes"');
  hub.corruptDownloads = true;
  await expect(pullDataset("robots/cubes", copy, { hubUrl: hub.url })).rejects.toThrow("does not match the Hub's hash");
  hub.corruptDownloads = false;
  await pullDataset("robots/cubes", copy, { hubUrl: hub.url });
  expect((await validateDataset(copy)).problems).toEqual([]);
  await expect(pullDataset("robots/cubes", copy, { hubUrl: hub.url })).rejects.toThrow("is not empty");
});

it("pulls nothing that leads out of the folder, and no journal of an unfinished recording", async () => {
  const root = await writeDataset([3]);
  await pushDataset(root, "robots/cubes", { hubUrl: hub.url, token });
  const files = hub.files("datasets/robots/cubes", "v3.0");
  const brought = { ".recording/commit.json": '["../precious.txt"]', ".recording/staged/x": "evil" };
  hub.commit("datasets/robots/cubes", { ...files, ...brought }, "journal");
  const folder = await temporaryFolder();
  const copy = join(folder, "copy");
  await pullDataset("robots/cubes", copy, { hubUrl: hub.url, revision: "journal" });
  expect(await readdir(copy)).not.toContain(".recording");
  for (const [revision, path] of Object.entries({
    up: "a/../../evil.txt",
    windows: "..\\evil.txt",
    root: "/evil.txt",
  })) {
    hub.commit("datasets/robots/cubes", { ...files, [path]: "evil" }, revision);
    await expect(pullDataset("robots/cubes", join(folder, revision), { hubUrl: hub.url, revision })).rejects.toThrow(
      "it leads out of its folder",
    );
  }
  expect((await readdir(folder)).filter((name) => !name.endsWith(".partial"))).toEqual(["copy"]);
  vi.stubEnv("HF_LEROBOT_HOME", join(folder, "home"));
  await expect(resolveDataset({ repoId: "../evil" }, { hubUrl: hub.url })).rejects.toThrow("out of its folder");
});

it("names what is missing", async () => {
  const folder = await temporaryFolder();
  await expect(pushDataset(folder, "robots/none", { hubUrl: hub.url, token })).rejects.toThrow("not a LeRobotDataset");
  await expect(pullDataset("robots/none", join(folder, "x"), { hubUrl: hub.url })).rejects.toThrow("robots/none");
  await expect(resolveDataset({ repoId: "local", root: folder })).rejects.toThrow('"local" is not a Hub id');
  expect(lerobotHome({ HF_HOME: "/data/hf" })).toBe(join("/data/hf", "lerobot"));
});
