import { lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ResolvePretrainedOptions, resolvePretrained } from "../../src/utils/hub/hub.ts";
import { defaultHubCache } from "../../src/utils/hub/hub_cache.ts";
import { HubServer } from "./hub_server.ts";

const WEIGHTS = Uint8Array.from({ length: 300_000 }, (_, i) => i * 7);
const FILES = { "config.json": '{"type":"sac"}', "model.safetensors": WEIGHTS, "sub/stats.json": "{}" };
const filenames = ["config.json", "model.safetensors"];

let folder: string;
let cacheDir: string;
let hub: HubServer;
beforeEach(async () => {
  vi.stubEnv("HF_TOKEN", undefined);
  vi.stubEnv("HF_ENDPOINT", undefined);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  folder = await mkdtemp(join(tmpdir(), "handrail-hub-"));
  cacheDir = join(folder, "cache");
  hub = await HubServer.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.stop();
  await rm(folder, { recursive: true });
});

const options = (more: Partial<ResolvePretrainedOptions> = {}): ResolvePretrainedOptions => ({
  filenames,
  cacheDir,
  hubUrl: hub.url,
  ...more,
});

describe("a folder", () => {
  it("is used as it is, without the network", async () => {
    const path = join(folder, "checkpoint");
    await mkdir(path);
    for (const name of filenames) await writeFile(join(path, name), "");
    expect(await resolvePretrained(path, options())).toBe(path);
    expect(await resolvePretrained(relative(process.cwd(), path), options())).toBe(path);
    expect(hub.requests).toEqual([]);
  });

  it("that lacks a file gives an error naming both", async () => {
    await writeFile(join(folder, "config.json"), "{}");
    await expect(resolvePretrained(folder, options())).rejects.toThrow(`"${folder}" has no model.safetensors`);
  });

  it("that does not exist gives an error, without asking the Hub for a path", async () => {
    const path = join(folder, "missing");
    await expect(resolvePretrained(path, options())).rejects.toThrow(`the folder "${path}" does not exist`);
    expect(hub.requests).toEqual([]);
  });

  it("cannot be a file", async () => {
    const path = join(folder, "model.safetensors");
    await writeFile(path, "");
    await expect(resolvePretrained(path, options())).rejects.toThrow("is a file; pass the folder that holds it");
  });
});

describe("a Hub id", () => {
  it("is downloaded into the cache's layout: blobs, links in a snapshot, a ref", async () => {
    hub.create("robots/pick");
    const commit = hub.commit("robots/pick", FILES);
    const path = await resolvePretrained("robots/pick", options({ filenames: [...filenames, "sub/stats.json"] }));
    const model = join(cacheDir, "models--robots--pick");
    expect(path).toBe(join(model, "snapshots", commit));
    expect(await readFile(join(model, "refs", "main"), "utf8")).toBe(commit);
    expect(new Uint8Array(await readFile(join(path, "model.safetensors")))).toEqual(WEIGHTS);
    expect(await readFile(join(path, "sub", "stats.json"), "utf8")).toBe("{}");
    expect((await lstat(join(path, "model.safetensors"))).isSymbolicLink()).toBe(true);
    const blobs = await realpath(join(model, "blobs"));
    expect(relative(blobs, await realpath(join(path, "config.json")))).toMatch(/^[0-9a-f]{40}$/);
    expect(relative(blobs, await realpath(join(path, "model.safetensors")))).toMatch(/^[0-9a-f]{64}$/);
  });

  it("once cached needs no network, neither by branch nor by commit", async () => {
    hub.create("robots/pick");
    const commit = hub.commit("robots/pick", FILES);
    const path = await resolvePretrained("robots/pick", options());
    hub.requests.length = 0;
    expect(await resolvePretrained("robots/pick", options())).toBe(path);
    expect(await resolvePretrained("robots/pick", options({ revision: commit, localFilesOnly: true }))).toBe(path);
    expect(hub.requests).toEqual([]);
  });

  it("keeps its cached commit when the branch moves, until a refresh is asked for", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    const before = await resolvePretrained("robots/pick", options());
    hub.commit("robots/pick", { "config.json": '{"type":"new"}' });
    expect(await resolvePretrained("robots/pick", options())).toBe(before);
    const after = await resolvePretrained("robots/pick", options({ refresh: true }));
    expect(after).not.toBe(before);
    expect(await readFile(join(after, "config.json"), "utf8")).toBe('{"type":"new"}');
    // The unchanged weights are the same blob, not a second download.
    expect(await realpath(join(after, "model.safetensors"))).toBe(await realpath(join(before, "model.safetensors")));
  });

  it("fetches only the files that the cache lacks", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    await resolvePretrained("robots/pick", options({ filenames: ["config.json"] }));
    hub.requests.length = 0;
    await resolvePretrained("robots/pick", options());
    const downloads = hub.requests.filter((request) => request.includes("/resolve/"));
    expect(downloads.length).toBeGreaterThan(0);
    expect(downloads.every((request) => request.endsWith("/model.safetensors"))).toBe(true);
  });

  it("takes a branch with a slash in its name", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", { ...FILES, "config.json": "branch" }, "runs/7");
    const path = await resolvePretrained("robots/pick", options({ revision: "runs/7" }));
    expect(await readFile(join(path, "config.json"), "utf8")).toBe("branch");
    expect(await resolvePretrained("robots/pick", options({ revision: "runs/7", localFilesOnly: true }))).toBe(path);
  });

  it("that is private is read with HF_TOKEN, and without it the error says so", async () => {
    hub.create("robots/secret", "hf_reader");
    hub.commit("robots/secret", FILES);
    await expect(resolvePretrained("robots/secret", options())).rejects.toThrow(
      /"robots\/secret" at revision "main": http.* refused access.*set HF_TOKEN/,
    );
    vi.stubEnv("HF_TOKEN", "hf_other");
    await expect(resolvePretrained("robots/secret", options())).rejects.toThrow("that HF_TOKEN may access it");
    vi.stubEnv("HF_TOKEN", "hf_reader");
    await expect(resolvePretrained("robots/secret", options())).resolves.toContain("models--robots--secret");
  });

  it("that is unknown, at an unknown revision, or without a wanted file, gives an error naming it", async () => {
    const token = "hf_reader";
    await expect(resolvePretrained("robots/none", options({ token }))).rejects.toThrow(
      /"robots\/none" at revision "main": http.* has no such repository or revision/,
    );
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    await expect(resolvePretrained("robots/pick", options({ revision: "v9" }))).rejects.toThrow(
      'model "robots/pick" at revision "v9"',
    );
    await expect(resolvePretrained("robots/pick", options({ filenames: ["config.json", "x.json"] }))).rejects.toThrow(
      'the model "robots/pick" at revision "main" has no x.json',
    );
  });
});

describe("faults", () => {
  it("without a network, an uncached model gives an error that names the address", async () => {
    await hub.stop();
    await expect(resolvePretrained("robots/pick", options())).rejects.toThrow(
      `model "robots/pick" at revision "main": cannot reach ${hub.url} (ECONNREFUSED)`,
    );
  });

  it("content that does not match the Hub's hash is refused, in LFS and in Git, and not kept", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    for (const name of ["config.json", "model.safetensors"]) {
      hub.corruptDownloads = true;
      const wanted = options({ filenames: [name] });
      await expect(resolvePretrained("robots/pick", wanted)).rejects.toThrow(`${name} does not match the Hub's hash`);
      hub.corruptDownloads = false;
      expect(await readdir(join(cacheDir, "models--robots--pick", "blobs"))).not.toContain(
        expect.stringMatching("tmp"),
      );
      const path = await resolvePretrained("robots/pick", wanted);
      expect(new Uint8Array(await readFile(join(path, name)))).toEqual(hub.files("robots/pick")[name]);
    }
  });

  it("several processes' worth of simultaneous downloads end in one whole copy", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    const paths = await Promise.all(Array.from({ length: 6 }, () => resolvePretrained("robots/pick", options())));
    expect(new Set(paths).size).toBe(1);
    expect(new Uint8Array(await readFile(join(paths[0]!, "model.safetensors")))).toEqual(WEIGHTS);
    expect(await readdir(join(cacheDir, "models--robots--pick", "blobs"))).toHaveLength(2);
  });

  it("a connection lost midway leaves no half file behind, and a second try completes", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    hub.breakNextDownload = true;
    await expect(resolvePretrained("robots/pick", options())).rejects.toThrow(`lost the connection to ${hub.url}`);
    await expect(resolvePretrained("robots/pick", options({ localFilesOnly: true }))).rejects.toThrow(
      "nor in the cache",
    );
    const path = await resolvePretrained("robots/pick", options());
    expect(new Uint8Array(await readFile(join(path, "model.safetensors")))).toEqual(WEIGHTS);
  });

  it("a failed refresh leaves the cached model usable", async () => {
    hub.create("robots/pick");
    hub.commit("robots/pick", FILES);
    const before = await resolvePretrained("robots/pick", options());
    hub.commit("robots/pick", { "config.json": "newer" });
    hub.breakNextDownload = true;
    await expect(resolvePretrained("robots/pick", options({ refresh: true }))).rejects.toThrow(Error);
    expect(await resolvePretrained("robots/pick", options({ localFilesOnly: true }))).toBe(before);
  });

  it.each(["1", "true"])("HF_HUB_OFFLINE=%s switches downloads off and says so", async (value) => {
    vi.stubEnv("HF_HUB_OFFLINE", value);
    await expect(resolvePretrained("robots/pick", options())).rejects.toThrow("downloads are switched off");
    expect(hub.requests).toEqual([]);
  });

  it("names and revisions that lead out of their folder are refused", async () => {
    for (const bad of ["../secret", "a/../../b", "/etc/passwd", "C:\\x", "..\\x", ""]) {
      await expect(resolvePretrained("robots/pick", options({ filenames: [bad] }))).rejects.toThrow("relative name");
      await expect(resolvePretrained("robots/pick", options({ revision: bad }))).rejects.toThrow("relative name");
    }
    for (const bad of ["../pick", "robots/../pick", "a/b/c", "~/model", "robots--pick/x"]) {
      await expect(resolvePretrained(bad, options())).rejects.toThrow("not a Hub id");
    }
    expect(hub.requests).toEqual([]);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the default cache", () => {
  it("follows the environment variables of the Python tools", () => {
    expect(defaultHubCache({ HF_HUB_CACHE: "/a", HF_HOME: "/b" })).toBe("/a");
    expect(defaultHubCache({ HF_HOME: "/b", XDG_CACHE_HOME: "/c" })).toBe(join("/b", "hub"));
    expect(defaultHubCache({ XDG_CACHE_HOME: "/c" })).toBe(join("/c", "huggingface", "hub"));
    expect(defaultHubCache({})).toBe(join(homedir(), ".cache", "huggingface", "hub"));
  });
});
