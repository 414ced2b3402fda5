/** The curves of a run as a table for other programs. Pure. */
import type { FinishedEvaluation } from "../../run_state.ts";
import type { BoundedSeries } from "./bounded_series.ts";
import type { Curves } from "./curves.ts";

/** One line per value: curve, environment step, value. Evaluations carry their interval as curves of their own. */
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
  const evaluated = evaluations.flatMap(({ interaction_step, successes, episodes, interval: [low, high] }) => [
    `evaluation,${interaction_step},${successes / episodes}`,
    `evaluation_low,${interaction_step},${low}`,
    `evaluation_high,${interaction_step},${high}`,
  ]);
  return `${["curve,environment_step,value", ...lines, ...evaluated].join("\r\n")}\r\n`;
}

/** Names of metrics are the algorithm's. A leading =, + or @ would be a formula in a spreadsheet. */
function quoted(name: string): string {
  const harmless = /^[=+@-]/.test(name) ? `'${name}` : name;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
