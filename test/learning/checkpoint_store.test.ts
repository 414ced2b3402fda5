import fsPromises, {
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { loadSafetensors } from "../../src/tensor/safetensors/file.ts";
import { addTransitions, dispose, everything, type SmallRun, smallRun } from "./small_run.ts";

const COMPILE = { policy: { threads: 1 }, algorithm: { threads: 1 } };

async function files(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .flatMap((entry) => (entry.isDirectory() ? [] : [join(entry.parentPath, entry.name).slice(folder.length + 1)]))
    .sort();
}

/** A manifest with one value changed or one key missing, for each of them. */
function* changes(value: object, root: object = value, path: readonly string[] = []): Generator<[string, unknown]> {
  for (const [key, each] of Object.entries(value)) {
    const at = [...path, key];
    const but = (change: (parent: Record<string, unknown>) => unknown) => {
      const copy = structuredClone(root);
      change(path.reduce((parent, part) => parent[part] as Record<string, unknown>, copy as Record<string, unknown>));
      return copy;
    };
    yield [`without ${at.join(" / ")}`, but((parent) => (Array.isArray(parent) ? parent.shift() : delete parent[key]))];
    if (typeof each === "object") yield* changes(each, root, at);
    else yield [`another ${at.join(" / ")}`, but((parent) => Object.assign(parent, { [key]: flipped(each) }))];
  }
}

function flipped(value: unknown): unknown {
  if (typeof value === "number") return Number.isInteger(value) ? value + 1 : value / 2;
  return String(value).replace(/^./, (first) => (first === "a" ? "b" : "a"));
}

function reversed(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, each]) => [key, reversed(each)]),
  );
}

describe("CheckpointStore", () => {
  let folder: string;
  let run: SmallRun;
  let store: CheckpointStore;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-checkpoints-"));
    run = smallRun();
    addTransitions(run.buffers.online, 0, 60);
    store = new CheckpointStore(folder, { onlineSteps: 1000 });
  });
  afterEach(async () => {
    await dispose(run);
    await rm(folder, { recursive: true });
  });
  const names = async () => (await store.list()).map(({ name }) => name);

  it("writes LeRobot's layout, with what is its own beside it", async () => {
    const gripper = smallRun({ num_discrete_actions: 3 });
    const path = await store.save({ ...gripper, step: 200, interactionStep: 321 });
    expect(path).toBe(join(folder, "000200"));
    expect(await readlink(join(folder, "last"))).toBe("000200");
    const optimizer = (name: string) =>
      ["optimizer_param_groups.json", "optimizer_state.safetensors"].map((file) => `training_state/${name}/${file}`);
    expect(await files(path)).toEqual(
      [
        "checkpoint.json",
        ...["config.json", "model.safetensors"].flatMap((file) => [`algorithm/${file}`, `pretrained_model/${file}`]),
        "pretrained_model/policy_postprocessor.json",
        "pretrained_model/policy_postprocessor_step_0_unnormalizer_processor.safetensors",
        "pretrained_model/policy_preprocessor.json",
        "pretrained_model/policy_preprocessor_step_3_normalizer_processor.safetensors",
        "pretrained_model/train_config.json",
        "replay/offline/replay.json",
        "replay/online/replay.json",
        ...["actor", "critic", "discrete_critic", "temperature"].flatMap(optimizer),
        "training_state/rng_state.safetensors",
        "training_state/run_state.json",
        "training_state/training_step.json",
      ].sort(),
    );
    const json = async (file: string) => JSON.parse(await readFile(join(path, file), "utf8"));
    expect(await json("training_state/training_step.json")).toEqual({ step: 200, interaction_step: 321 });
    expect(await json("algorithm/config.json")).toMatchObject({
      type: "sac",
      policy_config: { type: "gaussian_actor" },
    });
    const { tensors } = await loadSafetensors(join(path, "training_state/critic/optimizer_state.safetensors"));
    expect(Object.keys(tensors)).toContain("state/0/exp_avg_sq");
    await dispose(gripper);
  });

  it("brings everything back, and keeps generators one where they were one", async () => {
    const shared = { ...run, generators: { loop: run.generators.loop, same: run.policy.random } };
    const runState = { transport: { version: 1, transitions: { robot: 9 } }, none: null };
    await store.save({ ...shared, step: 5, interactionStep: 9, score: 0.25, runState });
    const loaded = await new CheckpointStore(folder, { onlineSteps: 1000 }).load(undefined, COMPILE);
    expect(everything(loaded)).toEqual(everything({ ...shared, step: 5, interactionStep: 9 }));
    expect(loaded).toMatchObject({
      folder: join(folder, "000005"),
      score: 0.25,
      runState,
      trainConfig: run.trainConfig,
    });
    expect(loaded.generators.same).toBe(loaded.policy.random);
    expect(loaded.algorithm.random).not.toBe(loaded.policy.random);
    await dispose(loaded);
  });

  it("saves the algorithm's weights even where the policy at hand has older ones", async () => {
    const weights = run.algorithm.weights();
    const [name, tensor] = Object.entries(weights)[0]!;
    const newer = tensor.clone();
    (newer.data as Float32Array).fill(0.5);
    run.algorithm.loadWeights({ ...weights, [name]: newer });
    const path = await store.save(run);
    expect((await loadSafetensors(join(path, "pretrained_model/model.safetensors"))).tensors[name]).toEqual(newer);
    expect(run.policy.weights()[name]).toEqual(tensor);
  });

  it("gives folders as many digits as the run's length needs", async () => {
    const long = new CheckpointStore(folder, { onlineSteps: 10_000_000 });
    expect(await long.save({ ...run, step: 200 })).toBe(join(folder, "00000200"));
  });

  it("stores an unchanged replay block once, whatever is deleted", async () => {
    store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 1 });
    const block = "replay/online/transitions-000000.1.safetensors";
    const first = await stat(join(await store.save({ ...run, step: 1 }), block));
    addTransitions(run.buffers.online, 60, 10);
    const second = await store.save({ ...run, step: 2 });
    expect((await stat(join(second, block))).ino).toBe(first.ino);
    expect(await names()).toEqual(["000002"]);

    store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 1 });
    const loaded = await store.load(undefined, COMPILE);
    const third = await store.save({ ...loaded, step: 3 });
    expect((await stat(join(third, block))).ino).toBe(first.ino);
    const again = await store.load(third, COMPILE);
    expect(everything(again).buffers).toEqual(everything(run).buffers);
    await Promise.all([dispose(loaded), dispose(again)]);
  });

  it("keeps the newest, the best and the one to resume from", async () => {
    store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 2 });
    for (const [step, score] of [0.1, 0.9, 0.5, 0.2].entries()) await store.save({ ...run, step: 100 * step, score });
    expect(await names()).toEqual(["000100", "000200", "000300"]);

    const loaded = await store.load(join(folder, "000100"), COMPILE);
    await store.save({ ...loaded, step: 150, score: 0.3 });
    expect(await names()).toEqual(["000100", "000300", "000150"]);
    expect(await store.latest()).toBe(join(folder, "000150"));
    await dispose(loaded);
  });

  it("keeps the one that turned out to be the best after it was saved", async () => {
    store = new CheckpointStore(folder, { onlineSteps: 1000, keepLast: 1 });
    const path = await store.save({ ...run, step: 100, score: 0.1 });
    await store.rate(path, 0.8);
    for (const [step, score] of [
      [200, 0.9],
      [300, 0.2],
    ] as const) {
      const next = await store.save({ ...run, step });
      await store.rate(next, score);
    }
    expect((await store.list()).map(({ name, score }) => [name, score])).toEqual([
      ["000200", 0.9],
      ["000300", 0.2],
    ]);
    const loaded = await store.load(join(folder, "000200"), COMPILE);
    expect(loaded.score).toBe(0.9);
    await dispose(loaded);
    await expect(store.rate(path, 1)).rejects.toThrow("checkpoint.json is missing");
    await expect(store.rate(path, Number.NaN)).rejects.toThrow("score must be a finite number");
  });

  it("replaces a checkpoint of the same step", async () => {
    await store.save({ ...run, step: 7, interactionStep: 1 });
    addTransitions(run.buffers.online, 60, 5);
    await store.save({ ...run, step: 7, interactionStep: 6 });
    expect(await readdir(folder)).toEqual(["000007", "last"]);
    const loaded = await store.load(undefined, COMPILE);
    expect(everything(loaded)).toEqual(everything({ ...run, step: 7, interactionStep: 6 }));
    await dispose(loaded);
  });

  it("says that there is nothing to resume instead of starting over", async () => {
    const empty = new CheckpointStore(join(folder, "none"), { onlineSteps: 10 });
    expect(await empty.latest()).toBeUndefined();
    await expect(empty.load()).rejects.toThrow(/no checkpoint in .*none: check the folder, or train without resuming/);
  });

  it("names every file that is missing or damaged, and what can be loaded instead", async () => {
    await store.save({ ...run, step: 1 });
    const path = await store.save({ ...run, step: 2 });
    const pristine = join(folder, "copy");
    await cp(path, pristine, { recursive: true });
    for (const file of await files(pristine)) {
      const restore = () => cp(join(pristine, file), join(path, file));
      // A new inode, so that blocks shared with the other checkpoint stay whole.
      await rm(join(path, file));
      await expect(store.load(path), `without ${file}`).rejects.toThrow(join(path, file));
      await restore();
      if (file === "checkpoint.json") continue;
      const bytes = await readFile(join(path, file));
      bytes[bytes.length - 1]! ^= 1;
      await writeFile(join(path, file), bytes);
      await expect(store.load(), `with a flipped bit in ${file}`).rejects.toThrow(
        new RegExp(`${file} is damaged: its SHA-256 differs\n.*load another checkpoint \\(000001\\)`),
      );
      await restore();
    }
    const block = join(path, "replay/online/replay.json");
    await truncate(block, 10);
    await expect(store.load()).rejects.toThrow(`${block} is damaged: it has 10 bytes instead of`);
    await writeFile(block, `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 99\n`);
    await expect(store.load()).rejects.toThrow(`${block} is a Git LFS pointer, not the file itself`);
    await cp(join(pristine, "replay/online/replay.json"), block);
    await dispose(await store.load(path, COMPILE));
    await rename(path, join(folder, "elsewhere"));
    await expect(store.load()).rejects.toThrow(/last names 000002, which is gone.*\(000001\)/);
  });

  it("notices every change of what a checkpoint is said to consist of", async () => {
    const path = await store.save({ ...run, step: 5, interactionStep: 9, score: 0.25 });
    const file = join(path, "checkpoint.json");
    const text = await readFile(file, "utf8");
    const changed = [...changes(JSON.parse(text))];
    expect(changed.length).toBeGreaterThan(60);
    for (const [what, manifest] of changed) {
      await writeFile(file, JSON.stringify(manifest));
      await expect(store.load(path, COMPILE), what).rejects.toThrow(`${file} is damaged`);
    }
    // Another program may write the same in another order, and rating writes it anew.
    await writeFile(file, JSON.stringify(reversed(JSON.parse(text))));
    await store.rate(path, 0.5);
    const loaded = await store.load(path, COMPILE);
    expect(loaded.score).toBe(0.5);
    await dispose(loaded);
  });

  it("loads checkpoints of versions that had no hash of their own in it", async () => {
    const path = await store.save({ ...run, step: 5, interactionStep: 9, score: 0.25 });
    const file = join(path, "checkpoint.json");
    const { sha256: _, ...manifest } = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify({ ...manifest, version: 1 }));
    const loaded = await store.load(path, COMPILE);
    expect(everything(loaded)).toEqual(everything({ ...run, step: 5, interactionStep: 9 }));
    await dispose(loaded);
  });

  it("takes no part in what lies beside it without belonging to it", async () => {
    const path = await store.save({ ...run, step: 5, interactionStep: 9 });
    await cp(join(path, "training_state", "actor"), join(path, "training_state", "stray"), { recursive: true });
    await mkdir(join(path, "training_state", ".Trashes"));
    const loaded = await store.load(path, COMPILE);
    expect(everything(loaded)).toEqual(everything({ ...run, step: 5, interactionStep: 9 }));
    await dispose(loaded);
  });

  it("refuses what could not be loaded again, and two saves at once", async () => {
    await expect(store.save({ ...run, step: -1 })).rejects.toThrow("step must be a count, got -1");
    await expect(store.save({ ...run, interactionStep: Number.NaN })).rejects.toThrow(
      "interactionStep must be a count",
    );
    await expect(store.save({ ...run, score: Number.NaN })).rejects.toThrow("score must be a finite number");
    await expect(store.save({ ...run, buffers: { "../x": run.buffers.online } })).rejects.toThrow('name "../x"');
    await expect(store.save({ ...run, generators: { policy: run.policy.random } })).rejects.toThrow(
      '"policy" is taken',
    );
    const saving = store.save(run);
    await expect(store.save(run)).rejects.toThrow("await it first");
    await saving;
    expect(() => new CheckpointStore(folder, { keepLast: 0, onlineSteps: 1 })).toThrow("keepLast must be at least 1");
  });

  it("leaves the last checkpoint as it was when a save fails", async () => {
    await store.save({ ...run, step: 1 });
    addTransitions(run.buffers.online, 60, 5);
    const saving = store.save({ ...run, step: 2 });
    addTransitions(run.buffers.online, 65, 1);
    await expect(saving).rejects.toThrow("the run continued while it was being saved");
    expect(await readdir(folder)).toEqual(["000001", "last"]);
    expect(await store.save({ ...run, step: 2 })).toBe(await store.latest());
  });

  it("writes `last` as a file where links are not permitted, and hard links are not needed either", async () => {
    const refuse = async () => {
      throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
    };
    const { symlink, link } = fsPromises;
    Object.assign(fsPromises, { symlink: refuse, link: refuse });
    syncBuiltinESMExports();
    try {
      for (const step of [1, 2, 2]) await store.save({ ...run, step });
    } finally {
      Object.assign(fsPromises, { symlink, link });
      syncBuiltinESMExports();
    }
    expect((await lstat(join(folder, "last"))).isFile()).toBe(true);
    expect(await readFile(join(folder, "last"), "utf8")).toBe("000002\n");
    expect(await store.latest()).toBe(join(folder, "000002"));
    const loaded = await store.load(undefined, COMPILE);
    expect(everything(loaded)).toEqual(everything({ ...run, step: 2 }));
    await store.save({ ...loaded, step: 3 });
    expect(await readlink(join(folder, "last"))).toBe("000003");
    await dispose(loaded);
  });

  it("does not follow a `last` that leads elsewhere", async () => {
    await store.save(run);
    await rm(join(folder, "last"));
    await writeFile(join(folder, "last"), "../elsewhere\n");
    await expect(store.latest()).rejects.toThrow(
      /must name a folder beside it.*a text file "last" with the folder's name/,
    );
  });

  it.each(["a copy that follows links", "that copy alone", "an absolute link", "a text file of another system"])(
    "resumes a run whose `last` is %s",
    async (what) => {
      const first = await store.save({ ...run, step: 1 });
      const last = join(folder, "last");
      await rm(last);
      if (what === "an absolute link") await symlink(first, last);
      else if (what === "a text file of another system") await writeFile(last, "000001\r\n");
      else await cp(first, last, { recursive: true });
      if (what === "that copy alone") await rm(first, { recursive: true });
      const again = new CheckpointStore(folder, { onlineSteps: 1000 });
      const loaded = await again.load(undefined, COMPILE);
      expect(everything(loaded)).toEqual(everything({ ...run, step: 1 }));
      await again.save({ ...loaded, step: 2 });
      expect(await readlink(last)).toBe("000002");
      expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
      await dispose(loaded);
    },
  );

  it("refuses an absolute link into another machine's folders by its path, with what to do", async () => {
    await store.save(run);
    await rm(join(folder, "last"));
    await symlink("/elsewhere/checkpoints/000000", join(folder, "last"));
    await expect(store.load()).rejects.toThrow(/last must name a folder beside it.*\/elsewhere\/checkpoints.*will do/);
  });
});
