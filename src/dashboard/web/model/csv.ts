/** Exports the curves of a run as CSV. Pure. */
import type { FinishedEvaluation } from "../../run_state.ts";
import type { BoundedSeries } from "./bounded_series.ts";
import type { Curves } from "./curves.ts";

/** One line per value: curve, environment step or update, value. The bounds of an evaluation's interval are separate curves. */
export function curvesCsv(curves: Curves, evaluations: readonly FinishedEvaluation[]): string {
  const named: readonly (readonly [string, BoundedSeries])[] = [
    ["solved_alone", curves.solvedAlone],
    ["assisted_success", curves.assistedSuccess],
    ["intervention_rate", curves.interventionRate],
    ["episodic_return", curves.episodicReturn],
    ["episode_length", curves.episodeLength],
    ["updates_per_step", curves.updatesPerStep],
    ...curves.training,
  ];
  const lines = named.flatMap(([name, { x, y }]) => x.map((step, i) => `${quoted(name)},${step},${y[i]}`));
  const evaluated = evaluations.flatMap((evaluation) => {
    const { successes, episodes, interval } = evaluation;
    const step = curves.placeOf(evaluation);
    return [
      `evaluation,${step},${successes / episodes}`,
      `evaluation_low,${step},${interval[0]}`,
      `evaluation_high,${step},${interval[1]}`,
    ];
  });
  const unit = curves.unit === "updates" ? "update" : "environment_step";
  return `${[`curve,${unit},value`, ...lines, ...evaluated].join("\r\n")}\r\n`;
}

/** Quotes metric names of plug-ins. A leading =, + or @ would be a formula in a spreadsheet. */
function quoted(name: string): string {
  const harmless = /^[=+@-]/.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
