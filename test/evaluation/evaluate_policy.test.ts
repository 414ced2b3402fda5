import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Pendulum } from "../../src/envs/pendulum.ts";
import { withoutProcessing } from "../../src/envs/processed_env.ts";
import { EvaluationReportSchema } from "../../src/metrics/run_event.ts";
import { makeGaussianActorPrePostProcessors } from "../../src/policies/gaussian_actor/processors.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import type { EvaluatedEpisode } from "../../src/rollout/evaluation/evaluation_options.ts";
import { weightsSha256 } from "../../src/rollout/evaluation/weights_hash.ts";
import { wilsonInterval } from "../../src/rollout/evaluation/wilson_interval.ts";
import { loadPolicy } from "../../src/runs/evaluation/load_policy.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { ScriptedOperator } from "../../src/teleoperators/scripted/scripted_operator.ts";
import { NO_EVENTS, type Teleoperator } from "../../src/teleoperators/teleoperator.ts";
import { smallPolicy, smallPolicyConfig } from "../algorithms/small.ts";
import { pickCube, scriptedPolicy, untrained } from "./support.ts";

const PENDULUM = {
  output_features: { action: { type: "ACTION", shape: [1] } },
  dataset_stats: {
    "observation.state": { min: [-1, -1, -8], max: [1, 1, 8] },
    action: { min: [-2], max: [2] },
  },
};

describe("an evaluation on the pendulum", () => {
  const policy = smallPolicy(PENDULUM);
  const processedEnv = withoutProcessing(new Pendulum());
  const evaluated = {
    processedEnv,
    policy,
    processors: makeGaussianActorPrePostProcessors(smallPolicyConfig(PENDULUM)),
  };
  afterAll(() => policy.dispose());

  it("plays whole episodes from their own seeds and without noise, so that it can be repeated", async () => {
    const report = await evaluatePolicy({ ...evaluated, episodes: 3, seed: 10, step: 70 });
    expect(EvaluationReportSchema.parse(report)).toEqual(report);
    expect(report).toMatchObject({ episodes: 3, seed: 10, deterministic: true, step: 70, lengths: [200, 200, 200] });
    expect(new Set(report.returns).size).toBe(3);
    expect(await evaluatePolicy({ ...evaluated, episodes: 3, seed: 10, step: 70 })).toEqual(report);
    expect((await evaluatePolicy({ ...evaluated, episodes: 1, seed: 11 })).returns).toEqual([report.returns[1]]);
  });

  it("samples actions on request", async () => {
    const stochastic = { ...evaluated, episodes: 1, seed: 10, deterministic: false };
    const report = await evaluatePolicy(stochastic);
    expect(report.deterministic).toBe(false);
    expect((await evaluatePolicy(stochastic)).returns).not.toEqual(report.returns);
  });

  it("names the weights, and reports no success for a task that defines none", async () => {
    const report = await evaluatePolicy({ ...evaluated, episodes: 2, seed: 0 });
    expect(report.weights_sha256).toBe(weightsSha256(policy.weights()));
    expect(report).toMatchObject({
      ...{ successes: 0, success_rate: 0, success_interval: wilsonInterval(0, 2) },
      ...{ mean_success_length: null, cycle_time_s: null, operator_share: 0, step: null },
    });
  });

  it("reports the episodes that were finished when it is stopped", async () => {
    const stop = new AbortController();
    const onEpisode = ({ episode }: EvaluatedEpisode) => {
      if (episode === 1) stop.abort();
    };
    const report = await evaluatePolicy({ ...evaluated, episodes: 50, seed: 0, signal: stop.signal, onEpisode });
    expect(report.episodes).toBe(2);
    expect(report.returns).toHaveLength(2);
  });

  it("has nothing to report when it is stopped before the first episode ended", async () => {
    const signal = AbortSignal.abort(new Error("stopped by hand"));
    await expect(evaluatePolicy({ ...evaluated, episodes: 5, seed: 0, signal })).rejects.toThrow("stopped by hand");
  });

  it.each([
    [0, 0, "episodes must be a positive integer"],
    [1, 0.5, "seed must be an integer"],
  ])("refuses %d episodes from seed %d", async (episodes, seed, message) => {
    await expect(evaluatePolicy({ ...evaluated, episodes, seed })).rejects.toThrow(message);
  });
});

describe("an evaluation on the simulated Panda", () => {
  let config: TrainRLServerPipelineConfig;
  let panda: ConfiguredEnv;
  beforeAll(async () => {
    config = await pickCube();
    panda = await makeProcessedEnv(config);
  });
  afterAll(() => panda.env.close());

  it("counts autonomous successes, with their cycle time", async () => {
    const episodes: EvaluatedEpisode[] = [];
    const onEpisode = (episode: EvaluatedEpisode) => episodes.push(episode);
    const report = await evaluatePolicy({
      ...{ processedEnv: panda, ...scriptedPolicy(config, panda), episodes: 6, seed: 100, onEpisode },
    });
    const solved = episodes.filter(({ success }) => success);
    expect(solved.length).toBeGreaterThanOrEqual(4);
    expect(report).toMatchObject({ episodes: 6, successes: solved.length, assisted_successes: 0, operator_share: 0 });
    expect(report.success_rate).toBe(solved.length / 6);
    const meanLength = solved.reduce((total, { length }) => total + length, 0) / solved.length;
    expect(report.mean_success_length).toBeCloseTo(meanLength, 9);
    expect(report.cycle_time_s).toBeCloseTo(meanLength / 10, 9);
    expect(episodes.map(({ seed }) => seed)).toEqual([100, 101, 102, 103, 104, 105]);
  });

  it("never counts an operator's success as the policy's", async () => {
    const operator = new ScriptedOperator(panda.scene!, { mode: "demonstrate", seed: 3 });
    const report = await evaluatePolicy({
      ...{ processedEnv: panda, ...untrained(config), episodes: 4, seed: 0, teleoperators: [operator] },
    });
    expect(report).toMatchObject({ successes: 0, success_rate: 0, operator_share: 1, cycle_time_s: null });
    expect(report.assisted_successes).toBeGreaterThanOrEqual(3);
  });

  it("gives the same report and the same order of episodes when several environments share them", async () => {
    const alone: EvaluatedEpisode[] = [];
    const shared: EvaluatedEpisode[] = [];
    const same = { episodes: 12, seed: 40 };
    const loaded = () => loadPolicy("policies/pick_cube");
    const first = await loaded();
    const expected = await evaluatePolicy({
      ...{ ...first, processedEnv: panda, ...same, onEpisode: (episode) => void alone.push(episode) },
    });
    const processedEnvs = await Promise.all([0, 1, 2].map(() => makeProcessedEnv(config, { inThread: true })));
    const policies = await Promise.all(processedEnvs.map(loaded));
    const players = processedEnvs.map((processedEnv, i) => ({ ...policies[i]!, processedEnv }));
    const stop = new AbortController();
    const report = await evaluatePolicy({
      ...{ ...players[0]!, step: first.step, players, ...same, onEpisode: (episode) => void shared.push(episode) },
    });
    expect(report).toEqual(expected);
    expect(shared).toEqual(alone);
    const some = await evaluatePolicy({
      ...{ ...players[0]!, players, ...same, signal: stop.signal },
      onEpisode: ({ episode }) => episode === 4 && stop.abort(),
    });
    expect(some.returns).toEqual(expected.returns.slice(0, 5));
    for (const { env } of processedEnvs) await env.close();
    for (const { policy } of [first, ...policies]) await policy.dispose();
  });

  it("reports the share of steps that the operator steered", async () => {
    const operator = new ScriptedOperator(panda.scene!, { mode: "intervene", seed: 3 });
    const report = await evaluatePolicy({
      ...{ processedEnv: panda, ...untrained(config), episodes: 3, seed: 0, teleoperators: [operator] },
    });
    expect(report.operator_share).toBeGreaterThan(0.1);
    expect(report.operator_share).toBeLessThan(1);
    expect(report.successes).toBe(0);
  });

  it("plays an episode that an operator rejects again from its seed, and releases the operator at the end", async () => {
    const calls: string[] = [];
    let rejected = false;
    const pedal: Teleoperator = {
      id: "pedal",
      connect: async () => void calls.push("connect"),
      disconnect: async () => void calls.push("disconnect"),
      events: {
        getTeleopEvents: () => {
          const rerecordEpisode = !rejected;
          rejected = true;
          return { ...NO_EVENTS, rerecordEpisode };
        },
      },
    };
    const seeds: number[] = [];
    const report = await evaluatePolicy({
      ...{ processedEnv: panda, ...untrained(config), episodes: 2, seed: 5, teleoperators: [pedal] },
      onEpisode: ({ seed }) => seeds.push(seed),
    });
    expect(seeds).toEqual([5, 6]);
    expect(report.lengths).toEqual([60, 60]);
    expect(calls).toEqual(["connect", "disconnect"]);
  });
});
