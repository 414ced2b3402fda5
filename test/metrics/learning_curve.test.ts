import { describe, expect, it } from "vitest";
import { learningCurve, RunHistory, recentShares, successShares } from "../../src/metrics/browser.ts";
import { episode, evaluation, learner, started, training } from "./events.ts";

const alone = (outcome: "success" | "failure", fields = {}) => episode({ outcome, ...fields });
const helped = (outcome: "success" | "failure", fields = {}) => episode({ outcome, intervention_steps: 5, ...fields });

describe("success shares", () => {
  it("count autonomous and assisted episodes separately", () => {
    const episodes = [alone("success"), alone("failure"), alone("failure"), alone("failure"), helped("success")];
    expect(successShares(episodes)).toEqual({
      episodes: 5,
      autonomousEpisodes: 4,
      solvedAlone: 0.2,
      autonomousSuccess: 0.25,
      assistedSuccess: 1,
      interventionRate: 0.1,
    });
  });

  it("leave the policy's success unknown while every episode was assisted", () => {
    expect(successShares([helped("success"), helped("success")])).toMatchObject({
      autonomousSuccess: null,
      assistedSuccess: 1,
    });
  });

  it("are unknown before the first episode", () => {
    const unknown = { autonomousSuccess: null, assistedSuccess: null, interventionRate: null };
    expect(successShares([])).toMatchObject(unknown);
  });

  it("weigh interventions by steps, not by episodes", () => {
    const long = alone("failure", { episode_length: 90 });
    const short = helped("success", { episode_length: 10, intervention_steps: 10 });
    expect(successShares([long, short]).interventionRate).toBe(0.1);
  });
});

describe("a learning curve", () => {
  it("has a success point only where the window has an episode of that kind", () => {
    const episodes = [helped("success"), alone("failure"), alone("success"), helped("failure")];
    const history = RunHistory.of(episodes.map((event, i) => ({ ...event, interaction_step: 10 * (i + 1) })));
    const curve = learningCurve(history, 2);
    expect(curve.autonomousSuccess).toEqual([
      { x: 20, y: 0 },
      { x: 30, y: 0.5 },
      { x: 40, y: 1 },
    ]);
    expect(curve.assistedSuccess).toEqual([
      { x: 10, y: 1 },
      { x: 20, y: 1 },
      { x: 40, y: 0 },
    ]);
    expect(curve.interventionRate.map(({ y }) => y)).toEqual([0.5, 0.25, 0, 0.25]);
  });

  it("has returns, lengths and their moving means over environment steps", () => {
    const history = RunHistory.of([
      episode({ interaction_step: 10, episodic_return: 0, episode_length: 10 }),
      episode({ interaction_step: 14, episodic_return: 1, episode_length: 4 }),
    ]);
    const curve = learningCurve(history, 2);
    expect(curve.episodicReturn).toEqual([
      { x: 10, y: 0 },
      { x: 14, y: 1 },
    ]);
    expect(curve.episodicReturnMean.at(-1)).toEqual({ x: 14, y: 0.5 });
    expect(curve.episodeLengthMean.at(-1)).toEqual({ x: 14, y: 7 });
  });

  it("has the metrics of algorithm and learner", () => {
    const history = RunHistory.of([
      training({ interaction_step: 5, metrics: { loss_critic: 2, temperature: 0.1 } }),
      training({ interaction_step: 9, metrics: { loss_critic: 1 } }),
      learner({ interaction_step: 9, updates_per_step: 1.5 }),
      evaluation({ interaction_step: 9 }),
    ]);
    const curve = learningCurve(history);
    expect(curve.training.get("loss_critic")).toEqual([
      { x: 5, y: 2 },
      { x: 9, y: 1 },
    ]);
    expect(curve.training.get("temperature")).toHaveLength(1);
    expect(curve.updatesPerStep).toEqual([{ x: 9, y: 1.5 }]);
    expect(history.evaluations).toMatchObject([{ x: 9, report: { episodes: 2 } }]);
  });
});

describe("a run's history", () => {
  it("leaves out re-recorded episodes", () => {
    expect(RunHistory.of([episode({ outcome: "rerecorded" }), episode()]).episodes).toHaveLength(1);
  });

  it("puts a corrected label in the place of the episode's first one", () => {
    const history = RunHistory.of([
      alone("success", { episode: 4, interaction_step: 10 }),
      alone("success", { episode: 4, interaction_step: 12, actor: "right" }),
      alone("success", { episode: 5, interaction_step: 20 }),
      alone("failure", { episode: 4, interaction_step: 25, correction: true }),
    ]);
    expect(history.episodes.map(({ outcome, interaction_step }) => [outcome, interaction_step])).toEqual([
      ["failure", 10],
      ["success", 12],
      ["success", 20],
    ]);
  });

  it("removes an episode that a correction discards", () => {
    const history = RunHistory.of([alone("success"), episode({ outcome: "rerecorded", correction: true })]);
    expect(history.episodes).toEqual([]);
  });

  it("continues from the checkpoint's step when a run resumes, so that curves do not double back", () => {
    const at = (interaction_step: number) => [
      episode({ interaction_step }),
      training({ interaction_step, metrics: { entropy: interaction_step } }),
    ];
    const resumed = started({ interaction_step: 20, resumed_from: "checkpoints/000040" });
    const history = RunHistory.of([started(), ...at(10), ...at(20), ...at(30), resumed, ...at(25)]);
    expect(history.episodes.map(({ interaction_step }) => interaction_step)).toEqual([10, 20, 25]);
    expect(history.training.get("entropy")!.map(({ x }) => x)).toEqual([10, 20, 25]);
  });

  it("keeps a bounded number of points of a long run, the newest among them", () => {
    const history = new RunHistory({ maximumPoints: 50 });
    for (let step = 0; step < 5000; step++) {
      history.add(training({ interaction_step: step, metrics: { entropy: Math.sin(step / 100) } }));
    }
    const series = history.training.get("entropy")!;
    expect(series.length).toBeLessThan(100);
    expect(series[0]!.x).toBe(0);
    expect(series.at(-1)!.x).toBe(4999);
  });

  it("gives a progress bar only the last episodes", () => {
    const history = RunHistory.of([...Array(50).fill(alone("failure")), ...Array(10).fill(alone("success"))]);
    expect(recentShares(history, 10).autonomousSuccess).toBe(1);
    expect(recentShares(history).autonomousSuccess).toBe(0.2);
  });
});
