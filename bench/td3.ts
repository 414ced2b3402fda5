/** TD3 of examples/td3.ts on Pendulum-v1 through `handrail train`: the curves, and the evaluation at the end of each seed. */
import { mkdirSync, writeFileSync } from "node:fs";
import { renderFigure } from "../src/metrics/index.ts";
import type { Row } from "./measure.ts";
import { ofType, trainOnce } from "./train_once.ts";

const SEEDS = [0, 1, 2];
const ARGS = ["--config", "examples/td3_pendulum.json", "--plugin", "./examples/td3.ts", "--no-dashboard"];
const TARGET = -200;
/** Enough to check that everything runs. */
const QUICK = ["--policy.online_steps=1200", "--eval.n_episodes=2"];

interface Run {
  readonly seed: number;
  /** Duration of the whole process. */
  readonly seconds: number;
  readonly steps: number;
  /** Step and return of every training episode. */
  readonly curve: readonly (readonly [number, number])[];
  /** Returns of the deterministic evaluation episodes. */
  readonly returns: readonly number[];
}

/** Writes the plot and the curves to docs/results, unless `quick`, and returns the figures. */
export async function benchTD3({ quick }: { readonly quick: boolean }): Promise<Row[]> {
  const runs: Run[] = [];
  for (const seed of quick ? SEEDS.slice(0, 1) : SEEDS) {
    const run = await trainSeed(seed, quick ? QUICK : []);
    runs.push(run);
    console.log(
      `seed ${seed}: return ${mean(run.returns).toFixed(0)} after ${run.steps} steps, ${run.seconds.toFixed(0)} s`,
    );
  }
  if (!quick) keep(runs);
  const means = runs.map(({ returns }) => mean(returns));
  const returns = runs.flatMap(({ returns }) => returns);
  return [
    {
      name: "mean evaluation return of the worst seed",
      value: Math.min(...means),
      unit: "",
      target: `≥ ${TARGET}`,
      detail: `per seed ${means.map((value) => value.toFixed(0)).join(", ")}`,
    },
    {
      name: "mean evaluation return",
      value: mean(returns),
      unit: "",
      detail: `std ${deviation(returns).toFixed(0)} over ${returns.length} episodes`,
    },
    {
      name: "time per seed, everything included",
      value: mean(runs.map(({ seconds }) => seconds)),
      unit: "s",
      detail: `${runs[0]!.steps} steps`,
    },
  ];
}

async function trainSeed(seed: number, more: readonly string[]): Promise<Run> {
  return await trainOnce([...ARGS, ...more, `--seed=${seed}`], ({ seconds, events }) => {
    const { report } = ofType(events, "evaluation").at(-1)!;
    return {
      seed,
      seconds: rounded(seconds),
      returns: report.returns.map(rounded),
      steps: ofType(events, "run_finished").at(-1)!.interaction_step,
      curve: ofType(events, "episode").map((episode) => [episode.interaction_step, rounded(episode.episodic_return)]),
    };
  });
}

function keep(runs: readonly Run[]): void {
  const folder = new URL("../docs/results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const series = runs.map(({ seed, curve }) => ({ name: `seed ${seed}`, points: curve.map(([x, y]) => ({ x, y })) }));
  const plot = renderFigure({
    title: "TD3 on Pendulum-v1: return of training episodes",
    xLabel: "environment steps",
    panels: [{ yLabel: "return", series, reference: { name: `target ${TARGET}`, y: TARGET } }],
  });
  writeFileSync(new URL("td3_pendulum.svg", folder), plot);
  writeFileSync(new URL("td3_pendulum_curves.json", folder), `${JSON.stringify(runs)}\n`);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
}
