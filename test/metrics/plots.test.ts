import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  comparisonPlot,
  openRunLog,
  RUN_LOG_FILE,
  type RunEvent,
  RunEvents,
  RunHistory,
  runPlots,
  writeRunPlots,
} from "../../src/metrics/index.ts";
import { episode, evaluation, learner, started, training } from "./events.ts";

const RUN: readonly RunEvent[] = [
  started(),
  ...Array.from({ length: 30 }, (_, i) =>
    episode({ interaction_step: 10 * i, intervention_steps: i < 10 ? 5 : 0, outcome: i < 20 ? "failure" : "success" }),
  ),
  training({ interaction_step: 100, metrics: { loss_critic: 100, temperature: 1, entropy: -2, q_mean: 0.5 } }),
  training({ interaction_step: 300, metrics: { loss_critic: 0.01, temperature: 0.1, entropy: -3, q_mean: 0.9 } }),
  learner({ interaction_step: 300 }),
  evaluation({ interaction_step: 300 }),
];

describe("the plots of a run", () => {
  it("show every curve that the run has", () => {
    const plots = runPlots(RunHistory.of(RUN));
    expect([...plots.keys()]).toEqual([
      "learning_curve",
      "episodic_return",
      "episode_length",
      "losses",
      "temperature",
      "training",
    ]);
    const shown = [...plots.values()].join("");
    for (const name of ["loss_critic", "temperature", "entropy", "q_mean", "optimisation steps"]) {
      expect(shown).toContain(`>${name}</text>`);
    }
  });

  it("count updates in a run without actors, and leave out what only actors have", () => {
    const none = { interaction_step: 0 };
    const plots = runPlots(
      RunHistory.of([
        started({ offline_step: 0 }),
        training({ ...none, step: 10, metrics: { loss_action: 2 } }),
        training({ ...none, step: 20, metrics: { loss_action: 1 } }),
        learner({ ...none, step: 20 }),
        evaluation(none),
      ]),
    );
    expect([...plots.keys()]).toEqual(["learning_curve", "losses"]);
    for (const svg of plots.values()) {
      expect(svg).toContain(">updates</text>");
      expect(svg).not.toContain("environment steps");
    }
    expect(plots.get("learning_curve")).not.toContain("moving over");
  });

  it("keep the policy's success, success with help and interventions apart", () => {
    const curve = runPlots(RunHistory.of(RUN)).get("learning_curve")!;
    for (const name of ["solved without help", "success with help", "intervention rate", "evaluation"]) {
      expect(curve).toContain(`<title>${name}</title>`);
    }
  });

  it("leave out curves that a run does not have", () => {
    expect([...runPlots(RunHistory.of([training({ metrics: { loss_critic: 1 } })])).keys()]).toEqual(["losses"]);
    expect(runPlots(RunHistory.of([])).size).toBe(0);
    const alone = runPlots(RunHistory.of([episode()])).get("learning_curve")!;
    expect(alone).not.toContain("success with help");
  });

  it("compare with the demonstrations if their length is known", () => {
    expect(runPlots(RunHistory.of(RUN)).get("episode_length")).not.toContain("demonstrations");
    expect(runPlots(RunHistory.of(RUN), { demonstrationLength: 12 }).get("episode_length")).toContain("demonstrations");
  });

  it("survive a diverged run", () => {
    const metrics = { loss_critic: Number.NaN, loss_actor: Number.POSITIVE_INFINITY };
    expect(runPlots(RunHistory.of([training({ metrics })])).get("losses")).not.toMatch(/NaN|Infinity/);
  });
});

describe("a comparison of runs", () => {
  const runs = ["seed 0", "seed 1"].map((name) => ({ name, history: RunHistory.of(RUN) }));

  it("has a line of every run for success alone, interventions and episode length", () => {
    const svg = comparisonPlot(runs, { title: "Two seeds", demonstrationLength: 12 });
    for (const label of [
      "Two seeds",
      "solved without help",
      "intervention rate",
      "episode length (steps)",
      "demonstrations",
    ]) {
      expect(svg).toContain(`>${label}</text>`);
    }
    expect(svg.match(/<title>seed 0</g)).toHaveLength(3);
    expect(svg.match(/<title>seed 1</g)).toHaveLength(3);
  });
});

describe("a run folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-plots-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function log(events: readonly RunEvent[]): Promise<void> {
    const stream = new RunEvents();
    const file = await openRunLog(join(folder, RUN_LOG_FILE), stream);
    for (const event of events) stream.emit(event);
    await file.close();
  }

  it("gets its plots as SVG and, on request, as PNG of twice the size", async () => {
    await log(RUN);
    const written = await writeRunPlots(folder, { png: true, runName: "red cube" });
    expect((await readdir(join(folder, "plots"))).sort()).toEqual(written.map((path) => path.split("/").at(-1)).sort());
    expect(await readFile(join(folder, "plots", "episodic_return.svg"), "utf8")).toContain("red cube");
    expect(await sharp(join(folder, "plots", "losses.png")).metadata()).toMatchObject({ format: "png", width: 1600 });
  });

  it("gets an error that names what is missing: the log, or something to draw", async () => {
    await expect(writeRunPlots(folder)).rejects.toThrow(`the run log ${join(folder, "run.jsonl")} does not exist`);
    await log([started()]);
    await expect(writeRunPlots(folder)).rejects.toThrow("no finished episode");
  });
});
