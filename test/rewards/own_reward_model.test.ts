/** The reward model of docs/rewards/write_your_own.md, registered by a plug-in, through everything that plays episodes. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { closeProcessedEnv } from "../../src/envs/processed_env.ts";
import type { EvaluationReport } from "../../src/metrics/run_event.ts";
import { registerRewardModel } from "../../src/rewards/registry.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import type { WatchedStep } from "../../src/rollout/observer.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { type LoadedPolicy, loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import {
  type ConfiguredEnv,
  type MakeProcessedEnvOptions,
  makeProcessedEnv,
} from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { NO_EVENTS, type TeleopEvents, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";
import { handrail } from "../cli/run_cli.ts";

const CONFIG = "examples/reward_model.json";
const PLUGIN = "./examples/reward_model.ts";
const EPISODES = { episodes: 3, seed: 100_000 };

const opened: ConfiguredEnv[] = [];
let folder: string;
let solved: LoadedPolicy;
beforeAll(async () => {
  await loadPlugins([PLUGIN, "./examples/slider.ts"]);
  folder = await mkdtemp(join(tmpdir(), "handrail-rewards-"));
  solved = await loadPolicy("policies/pick_cube", { threads: 1 });
});
afterEach(async () => {
  for (const each of opened.splice(0)) await closeProcessedEnv(each);
});
afterAll(async () => {
  await solved.policy.dispose();
  await rm(folder, { recursive: true });
});

const load = (...overrides: string[]) => loadTrainingConfig(CONFIG, { overrides });

async function make(overrides: readonly string[], options: MakeProcessedEnvOptions = {}) {
  const processedEnv = await makeProcessedEnv(await load(...overrides), options);
  opened.push(processedEnv);
  return processedEnv;
}

/** Episodes of the shipped policy with this reward model. */
async function evaluate(...settings: string[]): Promise<EvaluationReport & { readonly steps: readonly WatchedStep[] }> {
  const steps: WatchedStep[] = [];
  const observers = [{ onStep: (step: WatchedStep) => void steps.push(step) }];
  const processedEnv = await make(settings.map((setting) => `--handrail.reward_model${setting}`));
  return { ...(await evaluatePolicy({ ...solved, processedEnv, ...EPISODES, observers })), steps };
}

describe("a reward model that a plug-in registers", () => {
  /** As the simulation itself judges. */
  let own: Awaited<ReturnType<typeof evaluate>>;
  beforeAll(async () => {
    own = await evaluate("=null");
  });

  it("has its own settings and those of every reward model, and what is wrong is named", async () => {
    expect((await load()).handrail.reward_model).toEqual({
      ...{ type: "cube_height", lifted_m: 0.1, blur_m: 0.005 },
      ...{ success_threshold: 0.5, success_reward: 1, debounce: 1 },
    });
    await expect(load("--handrail.reward_model.lifted=0.2")).rejects.toThrow(
      /handrail\.reward_model\.lifted: unknown key\..*"lifted_m"/,
    );
    await expect(load("--handrail.reward_model.debounce=0")).rejects.toThrow(
      "handrail.reward_model.debounce: must be at least 1, got 0",
    );
    await expect(load('--handrail.reward_model={"type":"cube_hight"}')).rejects.toThrow(
      'handrail.reward_model.type: unknown reward model type "cube_hight". Did you mean "cube_height"?',
    );
    await expect(load('--handrail.reward_model={"type":"reward_classifier"}')).rejects.toThrow(
      "handrail.reward_model.pretrained_path: is required",
    );
  });

  it("decides when a task of the simulation is done", async () => {
    const low = await evaluate(".lifted_m=0.05");
    const high = await evaluate(".lifted_m=1");
    expect([own.successes, low.successes, high.successes]).toEqual([3, 3, 0]);
    expect(low.lengths.every((length, i) => length < own.lengths[i]!)).toBe(true);
    expect(high.returns).toEqual([0, 0, 0]);
    // The simulation's own end remains one.
    expect(high.lengths).toEqual(own.lengths);
  });

  it("passes its probability to observers at every step", async () => {
    expect(new Set(own.steps.map(({ successProbability }) => successProbability))).toEqual(new Set([null]));
    const { steps } = await evaluate();
    for (const { successProbability, reward, nextObservation } of steps) {
      const height = Number(nextObservation["observation.environment_state"]!.data[2]);
      expect(successProbability).toBeCloseTo(1 / (1 + Math.exp((0.1 - height) / 0.005)), 9);
      expect(reward).toBe(successProbability! >= 0.5 ? 1 : 0);
    }
  });

  it("takes its threshold, reward and patience from the config", async () => {
    const once = await evaluate(".lifted_m=0.05");
    const twice = await evaluate(".lifted_m=0.05", ".debounce=2", ".success_reward=3");
    expect(twice.lengths).toEqual(once.lengths.map((length) => length + 1));
    expect(twice.returns).toEqual([3, 3, 3]);
    const sure = await evaluate(".lifted_m=0.05", ".success_threshold=0.99999");
    expect(sure.mean_success_length).toBeGreaterThan(once.mean_success_length!);
  });

  it("rewards every step of success where success ends nothing", async () => {
    const settings = ["--handrail.reward_model.lifted_m=0.05", "--env.processor.reset.terminate_on_success=false"];
    const report = await evaluatePolicy({ ...solved, processedEnv: await make(settings), ...EPISODES });
    expect(report.successes).toBe(3);
    for (const earned of report.returns) expect(earned).toBeGreaterThan(1);
  });

  it("is overridden by a person", async () => {
    const evaluateWith = async (events: Partial<TeleopEvents>) => {
      const pedal: Teleoperator = {
        id: "pedal",
        events: { getTeleopEvents: () => ({ ...NO_EVENTS, ...events }) },
        connect: async () => {},
        disconnect: async () => {},
      };
      const processedEnv = await make(["--handrail.reward_model.lifted_m=-1"]);
      return await evaluatePolicy({ ...solved, processedEnv, episodes: 1, seed: 1, teleoperators: [pedal] });
    };
    // To this model even a cube on the table is lifted.
    expect(await evaluateWith({})).toMatchObject({ successes: 1, returns: [1], lengths: [1] });
    expect(await evaluateWith({ failure: true })).toMatchObject({ successes: 0, returns: [0], lengths: [1] });
  });

  it("judges the same in environments that run in parallel", async () => {
    const settings = ["--handrail.reward_model.lifted_m=0.05", "--handrail.reward_model.debounce=2"];
    const alone = await evaluatePolicy({ ...solved, processedEnv: await make(settings), episodes: 4, seed: 7 });
    const processedEnvs = [await make(settings, { inThread: true }), await make(settings, { inThread: true })];
    const other = await loadPolicy("policies/pick_cube", { threads: 1 });
    const players = [solved, other].map((each, i) => ({ ...each, processedEnv: processedEnvs[i]! }));
    const shared = await evaluatePolicy({ ...players[0]!, players, episodes: 4, seed: 7 });
    await other.policy.dispose();
    expect(shared).toEqual(alone);
  });

  it("is refused, also by the doctor, if the environment lacks its input features", async () => {
    const overrides = ['--handrail.reward_model={"type":"cube_height"}'];
    const message = 'handrail.reward_model: reward_model_processor: "observation.environment_state" is missing';
    const config = await loadTrainingConfig("configs/pick_cube_pixels.json", { overrides });
    await expect(makeProcessedEnv(config)).rejects.toThrow(message);
    const { findings } = await runDoctor("configs/pick_cube_pixels.json", { overrides });
    expect(findings).toContainEqual(
      expect.objectContaining({ level: "error", what: expect.stringContaining(message) }),
    );
  });

  it("is named and tried out by the doctor", async () => {
    const { findings } = await runDoctor(CONFIG, { overrides: ["--policy.actor_learner_config.learner_port=0"] });
    expect(findings.filter(({ level }) => level === "error")).toEqual([]);
    expect(findings).toContainEqual({
      ...{ check: "environment", level: "ok" },
      what: 'success and reward come from the reward model "cube_height", with a success threshold of 0.5',
    });
    const blind = '--policy.input_features={"observation.state":{"type":"STATE","shape":[18]}}';
    const notUsed = async (...more: string[]) => {
      const { findings } = await runDoctor(CONFIG, { overrides: [blind, ...more] });
      return findings.map(({ what }) => what).filter((what) => what.startsWith("the policy does not use"));
    };
    expect(await notUsed()).toEqual([]);
    expect(await notUsed("--handrail.reward_model=null")).toEqual([
      "the policy does not use observation.environment_state",
    ]);
  });

  it("is used and recorded by `handrail train`, and used by the evaluation of the result", async () => {
    const run = join(folder, "run");
    const small = [
      "--policy.online_steps=40",
      "--policy.online_step_before_learning=10",
      "--handrail.demonstrations.episodes=2",
      "--eval.n_episodes=1",
    ];
    const networks = ["--policy.latent_dim=8", "--algorithm.critic_network_kwargs.hidden_dims=[8]", "--batch_size=8"];
    const judged = ["--handrail.reward_model.lifted_m=0.05", "--handrail.reward_model.success_reward=2"];
    const training = ["train", "--config", CONFIG, "--plugin", PLUGIN, "--no-dashboard", `--output_dir=${run}`];
    const trained = await handrail(...training, ...small, ...networks, ...judged);
    expect({ code: trained.code, errors: trained.code === 0 ? "" : trained.errors }).toEqual({ code: 0, errors: "" });

    const demonstrations = await Dataset.open(join(run, "demonstrations"));
    for (const episode of demonstrations.episodes) {
      const rewards: number[] = [];
      for await (const { values } of demonstrations.frames(episode, { features: ["next.reward"] })) {
        rewards.push((values["next.reward"] as Float32Array)[0]!);
      }
      expect(rewards).toEqual([...new Array(episode.length - 1).fill(0), 2]);
    }
    await demonstrations.close();

    const report = join(folder, "report.json");
    const evaluating = ["eval", "--policy", run, "--episodes=2", "--json", report];
    const alone = await handrail(...evaluating);
    expect(alone.code).toBe(1);
    expect(alone.errors).toMatch(/unknown reward model type "cube_height".*pass --plugin/s);
    const { code } = await handrail(...evaluating, "--plugin", PLUGIN);
    expect(code).toBe(0);
    const config = JSON.parse(await readFile(join(run, "train_config.json"), "utf8"));
    expect(config.handrail.reward_model).toMatchObject({ type: "cube_height", lifted_m: 0.05, success_reward: 2 });
  });
});

describe("a reward model", () => {
  let closed = 0;
  beforeAll(() => {
    registerRewardModel("middle_of_the_rail", {
      schema: z.strictObject({ type: z.literal("middle_of_the_rail"), success_threshold: z.number().default(0.9) }),
      create: (_, { features }) => {
        expect(features).toEqual({ "observation.state": { type: "STATE", shape: [2] } });
        return {
          inputFeatures: features,
          judge: ({ "observation.state": state }) => 1 - Math.abs(Number(state!.data[0])),
          close() {
            closed += 1;
          },
        };
      },
    });
  });

  it("judges in environments of any type, may have defaults of its own, and is closed with the environment", async () => {
    const overrides = ['--handrail.reward_model={"type":"middle_of_the_rail"}'];
    const config = await loadTrainingConfig("examples/slider.json", { overrides });
    expect(config.handrail.reward_model).toMatchObject({ success_threshold: 0.9, success_reward: 1 });
    const processedEnv = await makeProcessedEnv(config);
    expect(processedEnv.envProcessor.steps.at(-1)!.config()).toMatchObject({ terminate_on_success: true });
    await closeProcessedEnv(processedEnv);
    expect(closed).toBe(1);
    const other = {
      ...config,
      policy: { ...config.policy, input_features: {}, output_features: config.policy.input_features },
    };
    await expect(makeProcessedEnv(other)).rejects.toThrow();
    expect(closed).toBe(2);
  });

  it("cannot take the name of another", () => {
    const schema = z.strictObject({ type: z.literal("cube_height") });
    expect(() => registerRewardModel("cube_height", { schema, create: () => undefined as never })).toThrow(
      'the reward model type "cube_height" is already registered',
    );
  });
});
