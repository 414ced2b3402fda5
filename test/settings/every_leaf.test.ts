/** No setting looks as if it did something: each is used by a run, or marked as ignored and named by the doctor. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { configKeys, keysInUse, keysWithoutEffect, READ_UNTYPED, RunCode } from "../../scripts/config_leaves.ts";
import { unusedKeys } from "../../src/config/schema/schema_walk.ts";
import { TrainRLServerPipelineConfigSchema } from "../../src/settings/config.ts";

const ROOT = join(import.meta.dirname, "../..");
const keys = configKeys();
let code: RunCode;
let used: readonly string[];
beforeAll(() => {
  code = new RunCode();
  used = keysInUse(code).map(({ path }) => path);
}, 180_000);

describe("every key of the training config", () => {
  it("is covered, for every type that comes with Handrail", () => {
    const paths = keys.map(({ path }) => path);
    expect(keys.filter(({ isLeaf }) => isLeaf).length).toBeGreaterThan(180);
    for (const path of ["env.(gym_manipulator).fps", "policy.(gaussian_actor).policy_kwargs.std_min"]) {
      expect(paths).toContain(path);
    }
    expect(paths).toContain("algorithm.(sac).discount");
    expect(paths).toContain("handrail.transport.(grpc).keep_alive_s");
    expect(paths).toEqual(
      expect.arrayContaining(["handrail.env_processor_steps", "handrail.reward_model.(reward_classifier).debounce"]),
    );
  });

  it("is used by a run, or marked as ignored", () => {
    expect(keysWithoutEffect(code)).toEqual([]);
  });

  // This also shows that a key which nothing reads is seen to be one.
  it("is not marked as ignored when a run uses it", () => {
    expect(keys.filter(({ isKept }) => isKept).length).toBeGreaterThan(50);
    const kept = keys.filter(({ isKept, path }) => isKept && used.includes(path));
    expect(kept.map(({ path }) => path)).toEqual([]);
  });

  it("that is read without knowing its type is on a short list of existing keys", () => {
    const paths = new Set(keys.map(({ path }) => path));
    expect(Object.keys(READ_UNTYPED).filter((path) => !paths.has(path))).toEqual([]);
    expect(Object.keys(READ_UNTYPED).length).toBeLessThan(10);
    expect(used).toEqual(expect.arrayContaining(Object.keys(READ_UNTYPED)));
    for (const { file, text } of Object.values(READ_UNTYPED)) {
      expect(code.modules).toContain(file);
      expect(readFileSync(join(ROOT, file), "utf8")).toContain(text);
    }
  });
});

describe("the doctor", () => {
  it("names every key that is marked as ignored, when it is set", () => {
    const ignored = keys.filter(({ isLeaf, isKept, isFixed }) => isLeaf && isKept && !isFixed);
    const unnamed = ignored.filter(({ path }) => {
      const plain = path.replaceAll(/\(\w+\)\./g, "");
      const named = unusedKeys(TrainRLServerPipelineConfigSchema, configWith(path));
      return !named.some((each) => plain === each || plain.startsWith(`${each}.`));
    });
    expect(unnamed.map(({ path }) => path)).toEqual([]);
  });

  it.each([...configsIn("configs"), ...configsIn("examples")])("finds nothing to name in %s", (file) => {
    const config: unknown = JSON.parse(readFileSync(join(ROOT, file), "utf8"));
    expect(unusedKeys(TrainRLServerPipelineConfigSchema, config)).toEqual([]);
  });
});

function configsIn(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder)).filter((file) => file.endsWith(".json"));
  return files.map((file) => `${folder}/${file}`);
}

/** A config that sets this key to something that is no default, with the types that its path names in parentheses. */
function configWith(path: string): unknown {
  const [part, ...rest] = path.split(".") as [string, ...string[]];
  const type = /^\((\w+)\)$/.exec(part)?.[1];
  if (type !== undefined) return { type, ...(configWith(rest.join(".")) as object) };
  return { [part]: rest.length === 0 ? "no default" : configWith(rest.join(".")) };
}

describe("the code of a run", () => {
  it("is what its commands and threads import, without the doctor's command and type-only imports", () => {
    for (const file of ["src/learning/training/training_core.ts", "src/envs/gym_manipulator/pipelines.ts"]) {
      expect(code.modules).toContain(file);
    }
    expect(code.modules).not.toContain("src/cli/commands/doctor.ts");
    expect(code.modules).not.toContain("src/runs/doctor/checks/unused_keys.ts");
    expect(code.modules).not.toContain("src/envs/env_type.ts");
  });
});
