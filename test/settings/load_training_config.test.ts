import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";

const registry = fileURLToPath(new URL("../../src/algorithms/registry.ts", import.meta.url));
const zod = import.meta.resolve("zod");
const POLICY = {
  type: "gaussian_actor",
  input_features: { "observation.state": { type: "STATE", shape: [3] } },
  output_features: { action: { type: "ACTION", shape: [1] } },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-config-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** A plug-in that registers an algorithm of the given type. */
async function writePlugin(type: string): Promise<string> {
  const path = join(folder, `${type}.mjs`);
  const schema = `z.strictObject({ type: z.literal("${type}"), patience: z.number().default(3) })`;
  await writeFile(
    path,
    `import { z } from ${JSON.stringify(zod)};
import { registerAlgorithm } from ${JSON.stringify(registry)};
registerAlgorithm("${type}", { schema: ${schema}, create: () => { throw new Error("not made here"); } });`,
  );
  return path;
}

async function writeConfig(config: unknown): Promise<string> {
  const path = join(folder, "train_config.json");
  await writeFile(path, JSON.stringify(config));
  return path;
}

describe("a training config", () => {
  it("runs a plug-in that it names, relative to itself, only with consent to that file", async () => {
    const plugin = await writePlugin("patient");
    const path = await writeConfig({
      policy: POLICY,
      algorithm: { type: "patient" },
      handrail: { plugins: ["./patient.mjs"] },
    });
    const advice = `names ${plugin}. It is code, and a config alone does not run code. If you trust it, pass --plugin ${plugin}`;
    await expect(loadTrainingConfig(path)).rejects.toThrow(`handrail.plugins: ${advice}`);
    await expect(loadTrainingConfig(path, { namedPlugins: async () => false })).rejects.toThrow(advice);
    await expect(loadTrainingConfig(path, { namedPlugins: "skip" })).rejects.toThrow(
      `names ${plugin}, which was not loaded: if you trust it, pass --plugin ${plugin}`,
    );
    // Acting needs no algorithm.
    const acting = await loadTrainingConfig(path, { namedPlugins: "skip", actsOnly: true });
    expect(acting.algorithm.type).toBe("sac");
    const asked: string[] = [];
    const agree = async (file: string) => asked.push(file) > 0;
    const config = await loadTrainingConfig(path, { namedPlugins: agree });
    expect(asked).toEqual([plugin]);
    expect(config.algorithm).toEqual({ type: "patient", patience: 3 });
    // From now on it is found wherever the config is saved.
    expect(config.handrail.plugins).toEqual([plugin]);
  });

  it("that is loaded for acting may have an unknown mixer; others may not", async () => {
    const path = await writeConfig({ policy: POLICY, mixer: "newest_first" });
    await expect(loadTrainingConfig(path)).rejects.toThrow('mixer: unknown mixer "newest_first"');
    expect(await loadTrainingConfig(path, { actsOnly: true })).toMatchObject({ mixer: "online_offline" });
  });

  it("that is loaded for acting may have an unknown transport; others may not", async () => {
    const path = await writeConfig({ policy: POLICY, handrail: { transport: { type: "pigeon" }, learner_threads: 2 } });
    await expect(loadTrainingConfig(path)).rejects.toThrow('unknown transport type "pigeon"');
    const { handrail } = await loadTrainingConfig(path, { actsOnly: true });
    expect(handrail).toMatchObject({ transport: null, learner_threads: 2 });
  });

  it.each([
    "data:text/javascript,globalThis.pwned=1",
    "http://localhost/x.js",
    "https://localhost/x.js",
    "node:child_process",
  ])("never runs %s, even where everything is agreed to or it is passed on the command line", async (name) => {
    const path = await writeConfig({ policy: POLICY, handrail: { plugins: [name] } });
    for (const named of [undefined, "skip", async () => true] as const) {
      await expect(loadTrainingConfig(path, named === undefined ? {} : { namedPlugins: named })).rejects.toThrow(
        "is a URL",
      );
    }
    const plain = await writeConfig({ policy: POLICY });
    await expect(loadTrainingConfig(plain, { plugins: [name] })).rejects.toThrow("is a URL");
    expect(globalThis).not.toHaveProperty("pwned");
  });

  it("runs no package that it names: only the command line names packages", async () => {
    const path = await writeConfig({ policy: POLICY, handrail: { plugins: ["zod"] } });
    await expect(loadTrainingConfig(path, { namedPlugins: async () => true })).rejects.toThrow("pass --plugin zod");
    expect((await loadTrainingConfig(path, { plugins: ["zod"] })).handrail.plugins).toEqual(["zod"]);
  });

  it("takes Windows' paths for paths, and says what a bare file name may mean", async () => {
    const path = await writeConfig({ policy: POLICY });
    for (const name of ["C:\\none.js", "D:/none.js", ".\\none.js", "\\\\server\\none.js"]) {
      await expect(loadTrainingConfig(path, { plugins: [name] })).rejects.toThrow(/Cannot find module|ENOENT/);
    }
    await expect(loadTrainingConfig(path, { plugins: ["package.json"] })).rejects.toThrow("write ./package.json");
  });

  it("knows the types of plug-ins from the command line", async () => {
    const plugin = await writePlugin("hasty");
    const path = await writeConfig({ policy: POLICY, algorithm: { type: "hasty" } });
    const config = await loadTrainingConfig(path, { plugins: [plugin], overrides: ["--algorithm.patience=1"] });
    expect(config.algorithm).toEqual({ type: "hasty", patience: 1 });
    expect(config.handrail.plugins).toEqual([plugin]);
  });

  it("imports no plug-in when it is read from elsewhere, so that no code runs", async () => {
    await writePlugin("foreign");
    const path = await writeConfig({
      policy: POLICY,
      algorithm: { type: "foreign" },
      handrail: { plugins: ["./foreign.mjs"] },
    });
    await expect(loadTrainingConfig(path, { namedPlugins: "skip" })).rejects.toThrow(
      'unknown algorithm type "foreign"',
    );
  });

  it("names a plug-in that cannot be imported", async () => {
    const path = await writeConfig({ policy: POLICY, handrail: { plugins: ["./gone.mjs"] } });
    await expect(loadTrainingConfig(path, { namedPlugins: async () => true })).rejects.toThrow(
      /could not load.*gone\.mjs/,
    );
  });

  it("says what is wrong with an invalid list of plug-ins", async () => {
    const path = await writeConfig({ policy: POLICY, handrail: { plugins: "./patient.mjs" } });
    await expect(loadTrainingConfig(path)).rejects.toThrow("handrail.plugins");
  });

  it("of an older LeRobot is refused as it is, and read after migration", async () => {
    const { type: _, ...rest } = POLICY;
    const path = await writeConfig({ policy: { type: "sac", discount: 0.97, ...rest } });
    await expect(loadTrainingConfig(path)).rejects.toThrow('LeRobot split its "sac" policy in two');
    const notes: string[] = [];
    const config = await loadTrainingConfig(path, { onMigration: (changes) => notes.push(...changes) });
    expect(config.algorithm).toMatchObject({ type: "sac", discount: 0.97 });
    expect(notes).not.toEqual([]);
  });

  it("is found by its name when it comes with the package; a misspelt name gets a suggestion", async () => {
    for (const name of ["pick_cube", "configs/pick_cube.json"]) {
      expect((await loadTrainingConfig(name)).job_name).toBe("pick_cube");
    }
    await expect(loadTrainingConfig("pick_cub")).rejects.toThrow('no such file. Did you mean "pick_cube"?');
    await expect(loadTrainingConfig("configs/none.json")).rejects.toThrow("no such file");
  });

  it("of an older LeRobot is answered with a key's new name, and with --migrate only where that helps", async () => {
    const problemsOf = async (policy: object) => {
      const error = await loadTrainingConfig(await writeConfig({ policy, eval_freq: 500 })).catch((caught) => caught);
      return (error as Error).message;
    };
    const trainable = await problemsOf(POLICY);
    expect(trainable).toContain('eval_freq: is called "env_eval_freq" now');
    expect(trainable).toContain("--migrate");
    const classifier = await problemsOf({ type: "reward_classifier" });
    expect(classifier).toContain('eval_freq: is called "env_eval_freq" now');
    expect(classifier).not.toContain("--migrate");
  });

  it("is identified when it belongs to another command of LeRobot", async () => {
    const classifier = await writeConfig({ policy: { type: "reward_classifier", num_classes: 2 } });
    await expect(loadTrainingConfig(classifier)).rejects.toThrow(
      "a reward classifier is not a policy: `handrail reward train` trains one",
    );
    const imitation = await writeConfig({ policy: { type: "smolvla" } });
    await expect(loadTrainingConfig(imitation)).rejects.toThrow('LeRobot\'s policy "smolvla" is not supported');
    const recording = await writeConfig({ env: { name: "gym_hil" }, mode: "record", device: "cpu" });
    const error = await loadTrainingConfig(recording).catch((caught: Error) => caught);
    expect((error as Error).message).toMatch(/^\S+: a config of LeRobot's gym_manipulator.*handrail record/);
  });

  it("takes LeRobot's lower clamp of -5, which clamps nothing", async () => {
    const path = await writeConfig({ policy: { ...POLICY, policy_kwargs: { std_min: -5, std_max: 2 } } });
    expect((await loadTrainingConfig(path)).policy).toMatchObject({ policy_kwargs: { std_min: -5 } });
  });
});
