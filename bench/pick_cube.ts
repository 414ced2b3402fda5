/** `npm start` as a process, over several seeds: time until the task is solved, and the course of the runs. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Dataset } from "../src/datasets/index.ts";
import type { EvaluationReport, RunEvent } from "../src/metrics/index.ts";
import { comparisonPlot, RunHistory, runPlots } from "../src/metrics/index.ts";
import type { Row } from "./measure.ts";
import { ofType, trainOnce } from "./train_once.ts";

const SEEDS = [0, 1, 2, 3, 4];
const ROOT = join(import.meta.dirname, "..");
const RESULTS = join(ROOT, "docs/results");
/** Number of final episodes for the run's length and interventions. */
const LAST_EPISODES = 20;

interface Run {
  readonly seed: number;
  /** From starting the process to its end: demonstrations, training, evaluations. */
  readonly seconds: number;
  readonly reason: string;
  readonly steps: number;
  readonly updates: number;
  /** Step, episodes solved, episodes played, of every evaluation. */
  readonly evaluations: readonly (readonly [number, number, number])[];
  readonly report: Omit<EvaluationReport, "returns" | "lengths">;
  readonly demonstrationLength: number;
  /** Of the last episodes. */
  readonly episodeLength: number;
  readonly interventionRate: number;
  /** Step, autonomous (1) or helped (0), success, length, intervention steps of every episode. */
  readonly episodes: readonly (readonly number[])[];
}

/** Writes the runs and their plots to docs/results and returns the figures. */
export async function benchPickCube(seeds: readonly number[] = SEEDS): Promise<Row[]> {
  const runs: Run[] = [];
  const histories: RunHistory[] = [];
  for (const seed of seeds) {
    const { run, history } = await trainSeed(seed);
    runs.push(run);
    histories.push(history);
    const { successes, episodes } = run.report;
    console.log(
      `seed ${seed}: ${run.reason}, ${successes}/${episodes}, ${run.steps} steps, ${run.seconds.toFixed(0)} s`,
    );
  }
  writeFileSync(join(RESULTS, "pick_cube_runs.json"), `${JSON.stringify(runs)}\n`);
  const middle = runs.findIndex((run) => run.steps === median(runs.map(({ steps }) => steps)));
  const { demonstrationLength } = runs[middle]!;
  const named = histories.map((history, i) => ({ name: `seed ${seeds[i]}`, history }));
  const title = "PandaPickCube: success without help";
  writeFileSync(
    join(RESULTS, "pick_cube_seeds.svg"),
    comparisonPlot(named, { title, window: LAST_EPISODES, demonstrationLength }),
  );
  const options = { runName: `seed ${seeds[middle]}`, window: LAST_EPISODES, demonstrationLength };
  for (const [name, svg] of runPlots(histories[middle]!, options)) {
    if (name === "learning_curve" || name === "episode_length")
      writeFileSync(join(RESULTS, `pick_cube_${name}.svg`), svg);
  }
  return rows(runs);
}

async function trainSeed(seed: number): Promise<{ run: Run; history: RunHistory }> {
  return await trainOnce(["--config", "configs/pick_cube.json", `--seed=${seed}`], async (finished) => {
    const dataset = await Dataset.open(join(finished.folder, "demonstrations"));
    const demonstrationLength = dataset.info.total_frames / dataset.info.total_episodes;
    await dataset.close();
    const { seconds, events } = finished;
    return { run: describe(seed, seconds, demonstrationLength, events), history: RunHistory.of(events) };
  });
}

function describe(seed: number, seconds: number, demonstrationLength: number, events: readonly RunEvent[]): Run {
  const episodes = ofType(events, "episode");
  const finished = ofType(events, "run_finished").at(-1)!;
  const evaluations = ofType(events, "evaluation");
  const { returns: _, lengths: __, ...report } = evaluations.at(-1)!.report;
  const last = episodes.slice(-LAST_EPISODES);
  const steps = sum(last.map(({ episode_length }) => episode_length));
  return {
    seed,
    seconds,
    demonstrationLength,
    report,
    reason: finished.reason,
    steps: finished.interaction_step,
    updates: ofType(events, "learner").at(-1)!.step,
    evaluations: evaluations.map(({ interaction_step, report: { successes, episodes: played } }) => [
      interaction_step,
      successes,
      played,
    ]),
    episodeLength: steps / last.length,
    interventionRate: sum(last.map(({ intervention_steps }) => intervention_steps)) / steps,
    episodes: episodes.map((episode) => [
      episode.interaction_step,
      Number(episode.intervention_steps === 0),
      Number(episode.outcome === "success"),
      episode.episode_length,
      episode.intervention_steps,
    ]),
  };
}

function rows(runs: readonly Run[]): Row[] {
  const each = (value: (run: Run) => number, digits = 0) => runs.map((run) => value(run).toFixed(digits)).join(", ");
  const solved = runs.filter(({ reason, seconds }) => reason === "solved" && seconds <= 300).length;
  const ratio = ({ report, demonstrationLength }: Run) =>
    (report.mean_success_length ?? Number.NaN) / demonstrationLength;
  const row = (name: string, unit: string, value: (run: Run) => number, target: string, digits = 0): Row => ({
    name,
    unit,
    target,
    value: median(runs.map(value)),
    detail: `median; per seed ${each(value, digits)}`,
  });
  return [
    { name: "seeds solved within 300 s", unit: "", value: solved, target: `≥ ${runs.length}` },
    row("time, everything included", "s", ({ seconds }) => seconds, "≤ 75"),
    row("environment steps", "", ({ steps }) => steps, "≤ 5000"),
    row("evaluation episodes solved", "of 100", ({ report }) => report.successes, "≥ 95"),
    row("episode length against the demonstrations'", "×", ratio, "≤ 1.3", 2),
    row("operator's share of the last steps", "", ({ interventionRate }) => interventionRate, "≤ 0.05", 2),
  ];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
