/** The plots of a run: the curves of each, their names and units. */
import { DEFAULT_WINDOW_EPISODES, learningCurve } from "../learning_curve.ts";
import { PALETTES } from "../palette.ts";
import type { RunHistory } from "../run_history.ts";
import { centredMean, type Series } from "../series.ts";
import { type Panel, type PlotSeries, renderFigure } from "./figure.ts";

export interface RunPlotsOptions {
  /** Named in every plot. */
  readonly runName?: string | undefined;
  /** Number of episodes for moving shares and means. */
  readonly window?: number;
  /** Mean length of the demonstrations in steps, drawn beside the episodes' if known. */
  readonly demonstrationLength?: number | undefined;
}

/** Plots have a white background. */
const { policy, helper, machine } = PALETTES.light;
const X_LABELS = { steps: "environment steps (all actors)", updates: "updates" } as const;
/** Reports before and after that a mean covers. */
const SMOOTHING_REACH = 5;
/** Positive values with a larger ratio of maximum to minimum get a logarithmic axis. */
const LOGARITHMIC_FROM = 100;

/** Units of SAC's metrics, as in docs/algorithms/sac.md; other metrics have none. */
const UNITS: Readonly<Record<string, string>> = {
  loss_critic: "reward²",
  loss_discrete_critic: "reward²",
  loss_actor: "reward",
  loss_temperature: "nats",
  temperature: "reward/nat",
  entropy: "nats",
  q_mean: "reward",
};

/**
 * SVG by name (without extension), for the curves that the run has: `learning_curve`, `episodic_return`, `episode_length`,
 * `losses`, `temperature`, `training`.
 */
export function runPlots(history: RunHistory, options: RunPlotsOptions = {}): ReadonlyMap<string, string> {
  const { window = DEFAULT_WINDOW_EPISODES, runName, demonstrationLength } = options;
  const curve = learningCurve(history, window);
  const over = `moving over ${window} episodes`;
  const subtitle = (...parts: string[]) => [...(runName ? [runName] : []), ...parts].join(" · ");
  const plots = new Map<string, string>();
  const add = (name: string, title: string, panels: readonly Panel[], about: string) => {
    const shown = panels.filter(({ series }) => series.some(({ points }) => points.length > 0));
    if (shown.length > 0)
      plots.set(name, renderFigure({ title, subtitle: about, xLabel: X_LABELS[history.unit], panels: shown }));
  };

  const evaluations = history.evaluations.map(({ x, report }) => ({ x, y: report.success_rate }));
  const intervals = history.evaluations.map(({ x, report: { success_interval } }) => ({
    x,
    low: success_interval[0],
    high: success_interval[1],
  }));
  const shares: PlotSeries[] = [
    { name: "solved without help", points: curve.solvedAlone, color: policy },
    { name: "success with help", points: curve.assistedSuccess, style: "dashed", color: helper },
    { name: "intervention rate", points: curve.interventionRate, color: machine },
    { name: "evaluation", points: evaluations, style: "marks", color: policy, intervals },
  ];
  add(
    "learning_curve",
    "Success and interventions",
    [
      {
        yLabel: "share of episodes, of steps",
        yRange: [0, 1],
        format: "percent",
        series: shares.filter(({ points }) => points.length > 0),
      },
    ],
    subtitle(
      ...(curve.solvedAlone.length > 0 ? [over] : []),
      ...(evaluations.length > 0 ? ["bars: 95 % interval"] : []),
    ),
  );
  add(
    "episodic_return",
    "Episodic return",
    [{ yLabel: "return (sum of rewards)", series: rawAndMean(curve.episodicReturn, curve.episodicReturnMean) }],
    subtitle("with and without help", over),
  );
  const reference = demonstrationLength === undefined ? undefined : { name: "demonstrations", y: demonstrationLength };
  add(
    "episode_length",
    "Episode length",
    [{ yLabel: "length (steps)", series: rawAndMean(curve.episodeLength, curve.episodeLengthMean), reference }],
    subtitle(over),
  );

  const names = [...curve.training.keys()];
  const losses = names.filter((name) => name.startsWith("loss_"));
  const exploration = ["temperature", "entropy"].filter((name) => names.includes(name));
  const rest = names.filter((name) => !losses.includes(name) && !exploration.includes(name));
  const panels = (chosen: readonly string[]) => chosen.map((name) => metricPanel(name, curve.training.get(name)!));
  const smoothed = "thin: as reported, thick: mean of neighbouring reports";
  add("losses", "Losses", panels(losses), subtitle(smoothed));
  add("temperature", "Temperature and entropy", panels(exploration), subtitle(smoothed));
  const updates: Panel = {
    yLabel: "per environment step",
    series: [{ name: "optimisation steps", points: curve.updatesPerStep, color: machine }],
  };
  add("training", "Training", [...panels(rest), ...(history.unit === "steps" ? [updates] : [])], subtitle(smoothed));
  return plots;
}

function rawAndMean(raw: Series, mean: Series): PlotSeries[] {
  return [
    { name: "each episode", points: raw, style: "cloud", color: machine },
    { name: "moving mean", points: mean, color: machine },
  ];
}

function metricPanel(name: string, points: Series): Panel {
  const values = points.map(({ y }) => y).filter(Number.isFinite);
  const [least, greatest] = [minimum(values), maximum(values)];
  const mean = centredMean(points, SMOOTHING_REACH);
  return {
    yLabel: UNITS[name] ?? "value",
    logarithmic: least > 0 && greatest / least > LOGARITHMIC_FROM,
    series: [
      { name: `${name}, as reported`, points, style: "faint", color: machine },
      { name, points: mean, color: machine },
    ],
  };
}

function maximum(values: readonly number[]): number {
  return values.reduce((greatest, value) => Math.max(greatest, value), Number.NEGATIVE_INFINITY);
}

function minimum(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}
