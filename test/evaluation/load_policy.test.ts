import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { weightsSha256 } from "../../src/rollout/evaluation/weights_hash.ts";
import { findPolicy } from "../../src/runs/evaluation/find_policy.ts";
import { EVALUATION_FILE, loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import { HubServer } from "../hub/hub_server.ts";
import { dispose, smallRun } from "../learning/small_run.ts";
import { evaluation } from "../metrics/events.ts";
import { pickCube, savePolicy } from "./support.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-policy-"));
});
afterEach(() => rm(root, { recursive: true }));

/** A run's folder with two checkpoints. */
async function savedRun() {
  const run = smallRun();
  const store = new CheckpointStore(join(root, "checkpoints"), { onlineSteps: 1000 });
  for (const step of [5, 12]) await store.save({ ...run, step });
  await dispose(run);
  return { run, last: join(root, "checkpoints", "000012") };
}

describe("a policy is found", () => {
  it("in a run, whose last checkpoint counts, in a checkpoint, and in its own folder", async () => {
    const { run, last } = await savedRun();
    const folder = join(last, "pretrained_model");
    for (const place of [root, join(root, "checkpoints"), last, folder]) {
      expect(await findPolicy(place)).toEqual({ folder, fromHub: false });
    }
    const loaded = await loadPolicy(root);
    expect(loaded).toMatchObject({ folder, step: 12, notes: [], trainConfigFile: join(folder, "train_config.json") });
    expect(weightsSha256(loaded.policy.weights())).toBe(weightsSha256(run.policy.weights()));
  });

  it("behind the link that names the last checkpoint", async () => {
    await savedRun();
    expect((await loadPolicy(join(root, "checkpoints", "last"))).step).toBe(12);
  });

  it("or the error says what was looked for", async () => {
    await mkdir(join(root, "empty"));
    await expect(findPolicy(join(root, "empty"))).rejects.toThrow(
      /neither config\.json and model\.safetensors, nor a checkpoint's pretrained_model folder, nor a run's checkpoints/,
    );
    await expect(findPolicy(join(root, "absent"))).rejects.toThrow("and it is not a Hub id");
  });
});

describe("an exported policy", () => {
  it("knows its step from a report of these very weights, and from no other report", async () => {
    const policy = await savePolicy(root, await pickCube());
    const { report } = evaluation();
    const write = (values: object) => writeFile(join(root, EVALUATION_FILE), JSON.stringify({ ...report, ...values }));
    await write({ step: 4210, weights_sha256: weightsSha256(policy.weights()) });
    expect((await loadPolicy(root)).step).toBe(4210);
    await write({ step: 4210, weights_sha256: "0".repeat(64) });
    expect((await loadPolicy(root)).step).toBeNull();
  });

  it("acts by its own config where its pipelines were left behind, and says so", async () => {
    await savePolicy(join(root, "whole"), await pickCube());
    await cp(join(root, "whole"), join(root, "bare"), {
      recursive: true,
      filter: (path) => !/policy_(pre|post)processor/.test(path),
    });
    const { notes, processors } = await loadPolicy(join(root, "bare"));
    expect(notes).toEqual([expect.stringContaining("policy_preprocessor.json and policy_postprocessor.json")]);
    expect(processors.preprocessor.name).toBe("policy_preprocessor");
  });

  it("without pipelines or statistics cannot act, and says what is missing", async () => {
    const config = await pickCube();
    const policy = await savePolicy(root, config);
    for (const name of ["pre", "post"]) await rm(join(root, `policy_${name}processor.json`));
    await writeFile(join(root, "config.json"), JSON.stringify({ ...policy.config, dataset_stats: null }));
    await expect(loadPolicy(root)).rejects.toThrow(/has no policy_preprocessor\.json.*Add "min" and "max"/s);
  });
});

describe("a policy on the Hub", () => {
  let hub: HubServer;
  beforeEach(async () => {
    hub = await HubServer.start();
  });
  afterEach(() => hub.stop());

  async function publish(leaveOut = /^$/): Promise<string> {
    const policy = await savePolicy(join(root, "local"), await pickCube());
    const names = (await readdir(join(root, "local"))).filter((name) => !leaveOut.test(name));
    const files = names.map(async (name) => [name, new Uint8Array(await readFile(join(root, "local", name)))] as const);
    hub.create("robots/cubes");
    hub.commit("robots/cubes", Object.fromEntries(await Promise.all(files)));
    return weightsSha256(policy.weights());
  }
  const load = () => loadPolicy("robots/cubes", { hubUrl: hub.url, cacheDir: join(root, "cache") });

  it("comes with its pipelines, their tensors and its training config", async () => {
    const expected = await publish();
    const loaded = await load();
    expect(weightsSha256(loaded.policy.weights())).toBe(expected);
    expect(loaded).toMatchObject({ fromHub: true, notes: [], step: null });
    expect(loaded.trainConfigFile).toBe(join(loaded.folder, "train_config.json"));
    expect(loaded.processors.preprocessor.steps.map(({ name }) => name)).toContain("normalizer_processor");
  });

  it("needs only weights and their config", async () => {
    const expected = await publish(/^(policy_|train_config)/);
    const loaded = await load();
    expect(weightsSha256(loaded.policy.weights())).toBe(expected);
    expect(loaded.trainConfigFile).toBeUndefined();
    expect(loaded.notes).toHaveLength(1);
  });
});
