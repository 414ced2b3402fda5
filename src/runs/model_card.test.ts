import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pickCube } from "../../test/evaluation/support.ts";
import { evaluation } from "../../test/metrics/events.ts";
import { EvaluationReportSchema } from "../metrics/run_event.ts";
import { renderModelCard, writeModelCard } from "./model_card.ts";

const report = {
  ...evaluation().report,
  episodes: 100,
  successes: 97,
  success_rate: 0.97,
  success_interval: [0.9155, 0.9897] as [number, number],
  mean_success_length: 13.5,
  cycle_time_s: 1.35,
  seed: 100_000,
  step: 4210,
  weights_sha256: "ab".repeat(32),
};

function frontMatterOf(card: string): Record<string, unknown> {
  const [, yaml] = /^---\n(.*?)\n---\n/s.exec(card)!;
  return parse(yaml!);
}

describe("a model card", () => {
  it("says how well the policy does, how it was trained, and how to evaluate it again", async () => {
    const counts = { interactionSteps: 3456, demonstrations: 20, trainingTimeS: 61.4 };
    const trainConfig = await pickCube("--algorithm.discount=0.9", "--algorithm.utd_ratio=3");
    const card = renderModelCard({ name: "pick_cube", trainConfig, report, ...counts });
    expect(card).toContain("97 of 100: 97.0 %, 95 % interval 91.5 to 99.0 %");
    expect(card).toContain("1.35 s (13.5 steps)");
    expect(card).toContain(`SHA-256 \`${"ab".repeat(32)}\``);
    expect(card).toContain("| algorithm | sac (discount 0.9, num_critics 2, temperature_init 0.01, utd_ratio 3) |");
    expect(card).toContain("`observation.environment_state` [3]; `observation.state` [18]");
    for (const text of ["3,456", "4,210", "20 episodes", "61 s", "10 Hz"]) expect(card).toContain(text);
    expect(card).toContain("handrail eval --policy=. --episodes=100 --seed=100000\n");
    expect(card).toContain("in simulation only");
  });

  it("begins with what the Hub reads", async () => {
    const trainConfig = await pickCube(
      "--policy.license=apache-2.0",
      "--policy.tags=[franka]",
      "--dataset.repo_id=robots/cubes",
    );
    expect(frontMatterOf(renderModelCard({ name: "pick_cube", trainConfig, report }))).toEqual({
      library_name: "handrail",
      pipeline_tag: "robotics",
      license: "apache-2.0",
      tags: ["robotics", "reinforcement-learning", "gaussian_actor", "sac", "franka"],
      datasets: ["robots/cubes"],
      "model-index": [
        {
          name: "pick_cube",
          results: [
            {
              task: { type: "reinforcement-learning", name: "reinforcement-learning" },
              dataset: { name: "PandaPickCube-v0", type: "PandaPickCube-v0" },
              metrics: [{ type: "success_rate", name: "autonomous success rate", value: 0.97 }],
            },
          ],
        },
      ],
    });
  });

  it("leaves out what is not known", async () => {
    const trainConfig = { ...(await pickCube()), env: null };
    const card = renderModelCard({ name: "x", trainConfig, report: { ...report, step: null, cycle_time_s: null } });
    for (const text of ["demonstrations |", "wall clock", "optimisation steps", "control rate", "null", "undefined"]) {
      expect(card).not.toContain(text);
    }
    expect(frontMatterOf(card)).not.toHaveProperty("license");
    expect(frontMatterOf(card)).not.toHaveProperty("model-index");
  });

  it("lies beside the weights with the report as data", async () => {
    const folder = await mkdtemp(join(tmpdir(), "handrail-card-"));
    await writeModelCard(folder, { trainConfig: await pickCube(), report, name: "cube lifter", task: "Lifts a cube." });
    const card = await readFile(join(folder, "README.md"), "utf8");
    expect(card).toContain("# cube lifter\n\nLifts a cube.\n");
    const saved = JSON.parse(await readFile(join(folder, "evaluation.json"), "utf8"));
    expect(EvaluationReportSchema.parse(saved)).toEqual(report);
    await rm(folder, { recursive: true });
  });
});
