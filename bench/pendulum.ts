/** Learning on Pendulum-v1 over several seeds: the curve, and the mean return of deterministic episodes at the end. */
import { mkdirSync, writeFileSync } from "node:fs";
import { type PendulumResult, trainPendulum } from "../examples/pendulum.ts";
import { renderFigure } from "../src/metrics/index.ts";
import type { Row } from "./measure.ts";

const SEEDS = [0, 1, 2, 3, 4];
const STEPS = 20_000;

/** Writes the plot and the curves to docs/results and returns the figures. */
export async function benchPendulum(seeds: readonly number[] = SEEDS, steps = STEPS): Promise<Row[]> {
  const results: PendulumResult[] = [];
  for (const seed of seeds) {
    const result = await trainPendulum({ seed, steps });
    results.push(result);
    console.log(
      `seed ${seed}: return ${mean(result.after).toFixed(0)} after ${steps} steps, ${result.seconds.toFixed(0)} s`,
    );
  }
  const folder = new URL("../docs/results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  const series = results.map(({ seed, episodes }) => ({
    name: `seed ${seed}`,
    points: episodes.map(({ step, episodeReturn }) => ({ x: step, y: episodeReturn })),
  }));
  const plot = renderFigure({
    title: "SAC on Pendulum-v1: return of training episodes",
    xLabel: "environment steps",
    panels: [{ yLabel: "return", series, reference: { name: "target −170", y: -170 } }],
  });
  writeFileSync(new URL("pendulum.svg", folder), plot);
  writeFileSync(new URL("pendulum_curves.json", folder), `${JSON.stringify(results.map(withRoundedReturns))}\n`);
  const returns = results.flatMap(({ after }) => after);
  const spread = results.map(({ after }) => mean(after).toFixed(0)).join(", ");
  return [
    {
      name: "mean evaluation return",
      value: mean(returns),
      unit: "",
      target: "≥ -170",
      detail: `std ${deviation(returns).toFixed(0)} over ${returns.length} episodes; per seed ${spread}`,
    },
    { name: "mean return before training", value: mean(results.flatMap(({ before }) => before)), unit: "" },
    { name: "time per seed", value: mean(results.map(({ seconds }) => seconds)), unit: "s", detail: `${steps} steps` },
  ];
}

function withRoundedReturns({ seed, episodes, before, after, seconds }: PendulumResult) {
  const round = (value: number) => Math.round(value * 10) / 10;
  const curve = episodes.map(({ step, episodeReturn }) => [step, round(episodeReturn)]);
  return { seed, seconds: round(seconds), curve, before: before.map(round), after: after.map(round) };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const average = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - average) ** 2)));
}
