import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { smallConfig } from "../../../test/learning/small_learner.ts";
import { registryOf } from "../../config/schema/registry.ts";
import { fieldsOf, formsOf } from "../../config/schema/schema_walk.ts";
import { type TrainRLServerPipelineConfig, TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { assertResumable } from "./resumable.ts";
import { RESUME_RULES, resumeRuleOf, ruleAt } from "./resume_rules.ts";

const OUTPUT = join("outputs", "train", "cube");
const ENV = { type: "gym_manipulator", name: "gym_hil", task: "PandaPickCube-v0", fps: 10 };
const DEMONSTRATED = { repo_id: "someone/lifts", root: join("data", "lifts") };

function config(values: Parameters<typeof smallConfig>[1] = {}): TrainRLServerPipelineConfig {
  return smallConfig(OUTPUT, { env: ENV, dataset: DEMONSTRATED, ...values });
}

/** Every key of a training config that Handrail uses, whichever types are chosen. */
function leaves(schema: z.core.$ZodType, path: readonly string[] = []): string[][] {
  const fields = formsOf(schema).flatMap((form) => {
    const types = registryOf(form)?.entries.values();
    return types === undefined ? [fieldsOf(form, {})] : [...types].map((type) => fieldsOf(type, {}));
  });
  const known = fields.filter((each) => each !== undefined);
  if (known.length === 0) return [[...path]];
  return known
    .flatMap((each) => Object.entries(each))
    .filter(([, field]) => z.globalRegistry.get(field)?.unused !== true)
    .flatMap(([name, field]) => leaves(field, [...path, name]));
}

const KEYS = leaves(TrainRLServerPipelineConfigSchema);

describe("the table of what a resumed run keeps", () => {
  it("has a rule for every key of the training config, its own or that of a part", () => {
    expect(KEYS.length).toBeGreaterThan(100);
    const owners = (path: string[]) => path.map((_, index) => ruleAt(path.slice(0, index + 1)));
    expect(KEYS.filter((path) => !owners(path).some(Boolean)).map((path) => path.join("."))).toEqual([]);
  });

  it("names nothing that is no key", () => {
    const known = new Set(KEYS.flatMap((path) => path.map((_, index) => path.slice(0, index + 1).join("."))));
    expect(Object.keys(RESUME_RULES).filter((path) => !known.has(path))).toEqual([]);
  });

  it("takes the strictest rule for a part that only one config has, and refuses what it does not know", () => {
    expect(resumeRuleOf(["env", "processor", "reset"])).toBe("same");
    expect(resumeRuleOf(["env", "processor", "reset", "reset_time_s"])).toBe("free");
    expect(resumeRuleOf(["handrail", "updates_per_step", "min"])).toBe("reported");
    expect(resumeRuleOf(["handrail", "unheard_of"])).toBe("same");
  });
});

describe("resuming", () => {
  const saved = config();

  it.each<[name: string, path: string, values: Parameters<typeof config>[0]]>([
    ["another rate", "env.fps: 10 in the checkpoint, 20", { env: { ...ENV, fps: 20 } }],
    ["another environment", 'env.task: "PandaPickCube-v0" in the', { env: { ...ENV, task: "PandaArrangeBoxes-v0" } }],
    ["no environment", 'env: {"type":"gym_manipulator"', { env: null }],
    [
      "another episode length",
      "env.processor.reset: null",
      { env: { ...ENV, processor: { reset: { control_time_s: 3 } } } },
    ],
    [
      "another option of the environment",
      "handrail.environment.random",
      { handrail: { environment: { random: true } } },
    ],
    ["another dataset", 'dataset.repo_id: "someone/lifts"', { dataset: { ...DEMONSTRATED, repo_id: "someone/drops" } }],
    ["no dataset", "dataset: {", { dataset: null }],
    ["another choice of episodes", "dataset.episodes: null in", { dataset: { ...DEMONSTRATED, episodes: [1] } }],
    [
      "another feature",
      "policy.input_features",
      { policy: { input_features: { "observation.state": { type: "STATE", shape: [4] } } } },
    ],
    [
      "another statistic",
      "policy.dataset_stats.action.max[0]: 2 in the",
      {
        policy: {
          dataset_stats: {
            ...(saved.policy as unknown as { dataset_stats: object }).dataset_stats,
            action: { min: [-2], max: [3] },
          },
        },
      },
    ],
    ["another discount", "algorithm.discount: 0.99 in", { algorithm: { discount: 0.5 } }],
    ["another seed", "seed: 7 in the checkpoint, 8 in", { seed: 8 }],
  ])("%s is refused by name, with what to do", (_, line, values) => {
    expect(() => assertResumable(saved, config(values), "run/checkpoints/000100")).toThrow(line);
    expect(() => assertResumable(saved, config(values), "run/checkpoints/000100")).toThrow(
      /^cannot resume from run\/checkpoints\/000100 .*start a new run in another output_dir.*pretrained_path=run/s,
    );
  });

  it("with values that take effect from here on says which", () => {
    const given = config({ batch_size: 16, handrail: { deterministic_episodes: 0.5 } });
    expect(assertResumable(saved, given, "run")).toEqual([
      "from here on batch_size is 16; it was 8",
      "from here on handrail.deterministic_episodes is 0.5; it was 0",
    ]);
  });

  it("may change port, target, schedule and settings of other programs", () => {
    const given = config({
      resume: true,
      output_dir: "elsewhere",
      job_name: "again",
      save_freq: 7,
      log_freq: 3,
      num_workers: 1,
      policy: { online_steps: 5, actor_learner_config: { learner_port: 1 }, device: "cuda", tags: ["a"] },
      handrail: { keep_checkpoints: 1, solved: {}, watchdog: { max_disconnected_s: 1 } },
      dataset: { ...DEMONSTRATED, video_backend: "pyav", root: join(process.cwd(), DEMONSTRATED.root) },
    });
    expect(assertResumable(saved, given, "run")).toEqual([]);
  });

  it("knows the demonstrations that the run recorded for itself, also after the folder was moved", () => {
    const recorded = { handrail: { demonstrations: { episodes: 20 } } };
    const own = { repo_id: "demonstrations", root: join("/elsewhere", OUTPUT, "demonstrations") };
    const checkpoint = config({ ...recorded, dataset: own });
    expect(assertResumable(checkpoint, config({ ...recorded, dataset: null }), "run")).toEqual([]);
    expect(assertResumable(config({ ...recorded, dataset: null }), checkpoint, "run")).toEqual([]);
    expect(() => assertResumable(checkpoint, config(recorded), "run")).toThrow("dataset: null in the checkpoint, {");
    const fewer = { dataset: null, handrail: { demonstrations: { episodes: 5 } } };
    expect(() => assertResumable(checkpoint, config(fewer), "run")).toThrow("handrail.demonstrations.episodes: 20 in");
  });
});
