import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadTrainingConfig } from "../../src/training/load_training_config.ts";

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
registerAlgorithm("${type}", ${schema}, () => { throw new Error("not made here"); });`,
  );
  return path;
}

async function writeConfig(config: unknown): Promise<string> {
  const path = join(folder, "train_config.json");
  await writeFile(path, JSON.stringify(config));
  return path;
}

describe("a training config", () => {
  it("knows the types of plug-ins that it names, relative to itself", async () => {
    await writePlugin("patient");
    const path = await writeConfig({
      policy: POLICY,
      algorithm: { type: "patient" },
      handrail: { plugins: ["./patient.mjs"] },
    });
    expect((await loadTrainingConfig(path)).algorithm).toEqual({ type: "patient", patience: 3 });
  });

  it("knows the types of plug-ins from the command line", async () => {
    const plugin = await writePlugin("hasty");
    const path = await writeConfig({ policy: POLICY, algorithm: { type: "hasty" } });
    const config = await loadTrainingConfig(path, { plugins: [plugin], overrides: ["--algorithm.patience=1"] });
    expect(config.algorithm).toEqual({ type: "hasty", patience: 1 });
  });

  it("from elsewhere imports no plug-in, so that it runs no code", async () => {
    await writePlugin("foreign");
    const path = await writeConfig({
      policy: POLICY,
      algorithm: { type: "foreign" },
      handrail: { plugins: ["./foreign.mjs"] },
    });
    await expect(loadTrainingConfig(path, { importPlugins: false })).rejects.toThrow(
      'unknown algorithm type "foreign"',
    );
  });

  it("names a plug-in that cannot be imported", async () => {
    const path = await writeConfig({ policy: POLICY, handrail: { plugins: ["./gone.mjs"] } });
    await expect(loadTrainingConfig(path)).rejects.toThrow('could not load the plug-in "./gone.mjs"');
  });

  it("says what is wrong with a list of plug-ins that is none", async () => {
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
});
