/** Steps that a config adds to the pipelines of its environment, in every command that plays episodes. */
import "../../examples/slider.ts";
import "../fixtures/halve_action.ts";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { closeProcessedEnv } from "../../src/envs/processed_env.ts";
import { RunEvents } from "../../src/metrics/index.ts";
import type { EvaluationReport } from "../../src/metrics/run_event.ts";
import { processorSteps } from "../../src/processors/step_registry.ts";
import { resetAndBuildTransition, stepEnvAndProcessTransition } from "../../src/rollout/env_step.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import type { ActorStep } from "../../src/rollout/observer.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { makeActor } from "../../src/runs/make_actor.ts";
import {
  type ConfiguredEnv,
  type MakeProcessedEnvOptions,
  makeProcessedEnv,
} from "../../src/runs/make_processed_env.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { NO_EVENTS } from "../../src/teleoperators/teleoperator.ts";
import { serializeSafetensors } from "../../src/tensor/safetensors/bytes.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import { handrail } from "../cli/run_cli.ts";
import { pickCube, savePolicy, untrained } from "../evaluation/support.ts";

const HALVE_PLUGIN = "./test/fixtures/halve_action.ts";
const HALVE = { registry_name: "halve_action" };
const STEPS_LIMIT = 7;
const TIME_LIMIT = { registry_name: "time_limit_processor", config: { max_episode_steps: STEPS_LIMIT } };
const envSteps = (...steps: object[]) => `--handrail.env_processor_steps=${JSON.stringify(steps)}`;
const actionSteps = (...steps: object[]) => `--handrail.action_processor_steps=${JSON.stringify(steps)}`;

const opened: ConfiguredEnv[] = [];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-configured-steps-"));
});
afterEach(async () => {
  for (const each of opened.splice(0)) await closeProcessedEnv(each);
});
afterAll(() => rm(folder, { recursive: true }));

async function make(file: string, overrides: readonly string[], options: MakeProcessedEnvOptions = {}) {
  const processedEnv = await makeProcessedEnv(await loadTrainingConfig(file, { overrides }), options);
  opened.push(processedEnv);
  return processedEnv;
}

/** Control steps until the episode is over. */
async function lengthOf(processedEnv: ConfiguredEnv): Promise<number> {
  const action = Tensor.of([1, processedEnv.restingAction.length], processedEnv.restingAction);
  let { observation } = await resetAndBuildTransition(processedEnv, { seed: 5 });
  for (let steps = 1; ; steps++) {
    const next = await stepEnvAndProcessTransition(processedEnv, { observation, action });
    if (next.terminated || next.truncated) return steps;
    ({ observation } = next);
  }
}

describe("steps of the environment's pipeline", () => {
  it.each(["configs/pick_cube.json", "examples/slider.json"])("run behind those of its type: %s", async (file) => {
    const processedEnv = await make(file, [envSteps(TIME_LIMIT)]);
    expect(processedEnv.envProcessor.steps.at(-1)).toMatchObject({ maxEpisodeSteps: STEPS_LIMIT });
    for (let episode = 0; episode < 2; episode++) expect(await lengthOf(processedEnv)).toBe(STEPS_LIMIT);
  });

  it("change the features that the policy is compared with", async () => {
    const rename = { "observation.state": "observation.joints" };
    const step = envSteps({ registry_name: "rename_observations_processor", config: { rename_map: rename } });
    await expect(make("examples/slider.json", [step])).rejects.toThrow(
      '"observation.state" is not shown; there is: observation.joints',
    );
    const policy = [
      '--policy.input_features={"observation.joints":{"type":"STATE","shape":[2]}}',
      '--policy.dataset_stats={"observation.joints":{"min":[-0.5,-0.5],"max":[0.5,0.5]},"action":{"min":[-1],"max":[1]}}',
    ];
    const { envProcessor } = await make("examples/slider.json", [step, ...policy]);
    expect(envProcessor.outputFeatures?.observation).toEqual({ "observation.joints": { type: "STATE", shape: [2] } });
  });

  it("run beside environments in threads", async () => {
    const config = await pickCube(envSteps(TIME_LIMIT));
    const processedEnvs = await Promise.all([0, 1].map(() => makeProcessedEnv(config, { inThread: true })));
    opened.push(...processedEnvs);
    const players = processedEnvs.map((processedEnv) => ({ ...untrained(config), processedEnv }));
    const { lengths } = await evaluatePolicy({ ...players[0]!, players, episodes: 4, seed: 1 });
    expect(lengths).toEqual([STEPS_LIMIT, STEPS_LIMIT, STEPS_LIMIT, STEPS_LIMIT]);
    for (const { policy } of players) await policy.dispose();
  });

  it("are in a policy's train_config.json, so an evaluation has them, too", async () => {
    const config = await pickCube(envSteps(TIME_LIMIT));
    const policy = await savePolicy(join(folder, "policy"), config);
    await policy.dispose();
    const report = join(folder, "report.json");
    const evaluating = ["eval", "--policy", join(folder, "policy"), "--episodes=3", "--json", report];
    const { code, errors } = await handrail(...evaluating);
    expect({ code, errors: code === 0 ? "" : errors }).toEqual({ code: 0, errors: "" });
    const { lengths } = JSON.parse(await readFile(report, "utf8")) as EvaluationReport;
    expect(lengths).toEqual([STEPS_LIMIT, STEPS_LIMIT, STEPS_LIMIT]);
  });
});

describe("steps of the actions' pipeline", () => {
  it("change what the policy chose, and what is recorded is what was executed", async () => {
    const processedEnv = await make("examples/slider.json", [actionSteps(HALVE)]);
    const before = await resetAndBuildTransition(processedEnv, { seed: 3 });
    const position = ({ observation }: typeof before) => Number(observation!["observation.state"]!.data[0]);
    const after = await stepEnvAndProcessTransition(processedEnv, {
      ...{ observation: before.observation, action: Tensor.of([1, 1], [0.5]) },
    });
    expect(position(after)).toBeCloseTo(position(before) + 0.025, 6);
    expect([...(after.complementaryData.teleop_action as Tensor).data]).toEqual([0.25]);
  });

  it("leave a person's action the last word", async () => {
    const processedEnv = await make("examples/slider.json", [actionSteps(HALVE)]);
    const before = await resetAndBuildTransition(processedEnv, { seed: 3 });
    const teleoperation = { events: { ...NO_EVENTS, isIntervention: true }, action: Tensor.of([1, 1], [-0.5]) };
    const { complementaryData } = await stepEnvAndProcessTransition(processedEnv, {
      ...{ observation: before.observation, action: Tensor.of([1, 1], [0.5]), teleoperation },
    });
    expect([...(complementaryData.teleop_action as Tensor).data]).toEqual([-0.5]);
  });

  it("are in what an actor sends", async () => {
    const overrides = [actionSteps(HALVE), "--policy.online_steps=12"];
    const config = await loadTrainingConfig("examples/slider.json", { overrides });
    const transport = new InProcessTransport();
    const learner = await transport.createLearner({ onTransitions() {} });
    const endpoint = await transport.createActor();
    const seen: ActorStep[] = [];
    const observers = [{ onStep: (step: ActorStep) => void seen.push(step) }];
    const { actor, policy, close } = await makeActor({ config, endpoint, events: new RunEvents(), observers });
    learner.publishWeights({ version: 1, safetensors: serializeSafetensors(policy.weights()) });
    await actor.run();
    await endpoint.flush(5);
    expect(seen.length).toBe(12);
    for (const { policyAction, experience } of seen) {
      expect([...experience.action]).toEqual([...policyAction].map((each) => Math.fround(each / 2)));
    }
    await endpoint.close();
    await learner.close();
    await close();
  });

  it("do not run where recorded actions are executed again", async () => {
    const demos = join(folder, "demos");
    const task = ["--config", "configs/pick_cube.json", "--task", "lift", "--episodes=1", "--only-successful"];
    const recorded = await handrail("record", demos, ...task);
    expect(recorded.code).toBe(0);
    const replaying = ["--config", "configs/pick_cube.json", "--plugin", HALVE_PLUGIN, actionSteps(HALVE)];
    const { code, output } = await handrail("replay", demos, ...replaying);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining("reward 1; recorded 1") });
  });

  it("must leave actions the shape that people and the environment take", async () => {
    processorSteps.register({
      name: "drop_gripper",
      schema: z.strictObject({}),
      create: () => ({
        ...{ name: "drop_gripper", apply: (transition) => transition, config: () => ({}) },
        transformFeatures: (features) => ({ ...features, action: { action: { type: "ACTION", shape: [3] } } }),
      }),
    });
    await expect(make("configs/pick_cube.json", [actionSteps({ registry_name: "drop_gripper" })])).rejects.toThrow(
      "handrail.action_processor_steps: make actions of shape [3]; people and PandaPickCube-v0 take [4]",
    );
  });
});

describe("a step that cannot be made", () => {
  it("is named with its path and the nearest known name", async () => {
    const load = (step: string) => loadTrainingConfig("configs/pick_cube.json", { overrides: [step] });
    await expect(load(envSteps(TIME_LIMIT, { registry_name: "halve_actoin" }))).rejects.toThrow(
      'handrail.env_processor_steps[1].registry_name: unknown processor step "halve_actoin". Did you mean "halve_action"?',
    );
    await expect(
      load(actionSteps({ registry_name: "time_limit_processor", config: { max_episode_steps: 0 } })),
    ).rejects.toThrow("handrail.action_processor_steps[0].config.max_episode_steps: must be at least 1, got 0");
  });

  it("is named with its path when the environment lacks its inputs, by the doctor as well", async () => {
    const crop = { "observation.images.front": [0, 0, 64, 64] };
    const step = envSteps({ registry_name: "image_crop_resize_processor", config: { crop_params_dict: crop } });
    const message =
      "handrail.env_processor_steps[0]: image_crop_resize_processor: " +
      '"observation.images.front" is missing from what comes in';
    await expect(make("configs/pick_cube.json", [step])).rejects.toThrow(message);
    const { findings } = await runDoctor("configs/pick_cube.json", { overrides: [step] });
    expect(findings).toContainEqual(
      expect.objectContaining({ check: "environment", level: "error", what: expect.stringContaining(message) }),
    );
  });

  it("adds no batch dimension, as the policy's preprocessor does", async () => {
    await expect(make("examples/slider.json", [envSteps({ registry_name: "to_batch_processor" })])).rejects.toThrow(
      "handrail.env_processor_steps[0]: leave to_batch_processor out",
    );
  });

  it("suggests loading the plug-in that the config names", async () => {
    const file = join(folder, "config.json");
    const config = JSON.parse(await readFile("examples/slider.json", "utf8"));
    const plugin = join(folder, "steps.mjs");
    await writeFile(plugin, "");
    const handrail = { ...config.handrail, plugins: [plugin], env_processor_steps: [{ registry_name: "of_theirs" }] };
    await writeFile(file, JSON.stringify({ ...config, handrail }));
    await expect(loadTrainingConfig(file, { namedPlugins: "skip" })).rejects.toThrow(
      /unknown processor step "of_theirs".*if you trust it, pass --plugin/s,
    );
  });
});
