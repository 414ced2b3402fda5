import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { resolvePretrained } from "../../src/utils/hub/hub.ts";
import { pushToHub } from "../../src/utils/hub/push_to_hub.ts";
import { HubServer } from "./hub_server.ts";

const WEIGHTS = Uint8Array.from({ length: 100_000 }, (_, i) => i * 5);
const token = "hf_writer";

describe("pushToHub", () => {
  let root: string;
  let folder: string;
  let hub: HubServer;
  beforeEach(async () => {
    vi.stubEnv("HF_TOKEN", undefined);
    root = await mkdtemp(join(tmpdir(), "handrail-push-"));
    folder = join(root, "pretrained_model");
    await mkdir(join(folder, "sub"), { recursive: true });
    await writeFile(join(folder, "config.json"), '{"type":"gaussian_actor"}');
    await writeFile(join(folder, "model.safetensors"), WEIGHTS);
    await writeFile(join(folder, "sub", "a b é.json"), "{}");
    hub = await HubServer.start();
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await hub.stop();
    await rm(root, { recursive: true });
  });

  it("creates the repository and commits every file, large ones through LFS", async () => {
    const result = await pushToHub(folder, "robots/pick", { hubUrl: hub.url, token, isPrivate: true });
    const files = hub.files("robots/pick");
    expect(Object.keys(files).sort()).toEqual(["config.json", "model.safetensors", "sub/a b é.json"]);
    expect(new Uint8Array(files["model.safetensors"]!)).toEqual(WEIGHTS);
    expect(hub.isPrivate("robots/pick")).toBe(true);
    expect(result.url).toBe(`${hub.url}/robots/pick/commit/${result.commit}`);
    expect(hub.requests.filter((request) => request.startsWith("PUT /lfs/"))).toHaveLength(1);
  });

  it("adds a commit to a repository that exists, and what it pushed can be resolved", async () => {
    await pushToHub(folder, "robots/pick", { hubUrl: hub.url, token });
    await writeFile(join(folder, "config.json"), '{"type":"newer"}');
    const { commit } = await pushToHub(folder, "robots/pick", { hubUrl: hub.url, token });
    const filenames = ["config.json", "model.safetensors"];
    const cacheDir = join(root, "cache");
    const path = await resolvePretrained("robots/pick", { filenames, cacheDir, hubUrl: hub.url });
    expect(path.endsWith(commit)).toBe(true);
    // A snapshot's files are links into the cache: pushing one must push their content.
    await pushToHub(path, "robots/copy", { hubUrl: hub.url, token });
    expect(new Uint8Array(hub.files("robots/copy")["model.safetensors"]!)).toEqual(WEIGHTS);
  });

  it("says that it needs HF_TOKEN, before it sends anything", async () => {
    await expect(pushToHub(folder, "robots/pick", { hubUrl: hub.url })).rejects.toThrow("set HF_TOKEN");
    expect(hub.requests).toEqual([]);
  });

  it("names the folder, the repository and the remedy when the Hub refuses the token", async () => {
    await expect(pushToHub(folder, "robots/pick", { hubUrl: hub.url, token: "hf_reader" })).rejects.toThrow(
      /^pushing ".*pretrained_model" to "robots\/pick": .*HF_TOKEN/,
    );
  });

  it("refuses a folder without files, one that does not exist, and links to folders", async () => {
    const empty = join(root, "empty");
    await mkdir(empty);
    await expect(pushToHub(empty, "robots/pick", { hubUrl: hub.url, token })).rejects.toThrow("has no files to push");
    await expect(pushToHub(join(root, "none"), "robots/pick", { hubUrl: hub.url, token })).rejects.toThrow("ENOENT");
    await symlink(empty, join(folder, "linked"), "dir");
    await expect(pushToHub(folder, "robots/pick", { hubUrl: hub.url, token })).rejects.toThrow("is a link to a folder");
    expect(hub.requests).toEqual([]);
  });
});
