/** Compares several runs of one task in one plot, one line per run: seeds, or settings. */
import { DEFAULT_WINDOW_EPISODES, learningCurve } from "../learning_curve.ts";
import type { RunHistory } from "../run_history.ts";
import type { Series } from "../series.ts";
import { type Panel, renderFigure } from "./figure.ts";

export interface ComparedRun {
  readonly name: string;
  readonly history: RunHistory;
}

export interface ComparisonOptions {
  readonly title: string;
  /** Number of episodes for moving shares and means. */
  readonly window?: number;
  /** Mean length of the demonstrations, steps. */
  readonly demonstrationLength?: number | undefined;
}

/** SVG of the runs' share of episodes solved without help, intervention rate and episode length over environment steps. */
export function comparisonPlot(runs: readonly ComparedRun[], options: ComparisonOptions): string {
  const { title, window = DEFAULT_WINDOW_EPISODES, demonstrationLength } = options;
  const curves = runs.map(({ name, history }) => ({ name, curve: learningCurve(history, window) }));
  const series = (read: (curve: (typeof curves)[number]["curve"]) => Series) =>
    curves.map(({ name, curve }) => ({ name, points: read(curve) }));
  const share = { yRange: [0, 1], format: "percent" } satisfies Partial<Panel>;
  return renderFigure({
    title,
    subtitle: `moving over ${window} episodes`,
    xLabel: "environment steps (all actors)",
    panels: [
      { yLabel: "solved without help", ...share, series: series((curve) => curve.solvedAlone) },
      { yLabel: "intervention rate", ...share, series: series((curve) => curve.interventionRate) },
      {
        yLabel: "episode length (steps)",
        series: series((curve) => curve.episodeLengthMean),
        reference: demonstrationLength === undefined ? undefined : { name: "demonstrations", y: demonstrationLength },
      },
    ],
  });
}
