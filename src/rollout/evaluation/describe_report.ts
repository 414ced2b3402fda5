/** An evaluation report as people read it. */
import type { EvaluationReport } from "../../metrics/run_event.ts";

/** Label and text of each line. */
export type ReportLines = readonly (readonly [label: string, text: string])[];

export function describeReport(report: EvaluationReport): ReportLines {
  const { episodes, successes, assisted_successes, success_rate, success_interval, operator_share } = report;
  const interval = success_interval.map((end) => (100 * end).toFixed(1)).join(" to ");
  const success = `${successes} of ${episodes}: ${percent(success_rate)}, 95 % interval ${interval} %`;
  const help = `${assisted_successes} more solved with help; an operator steered ${percent(operator_share)} of the steps`;
  const choice = report.deterministic ? "the most likely action" : "sampled actions";
  return [
    ["success", success],
    ...(operator_share > 0 ? [["assisted", help] as const] : []),
    ["cycle time", cycleTime(report)],
    ["mean return", report.mean_return.toPrecision(4)],
    ["episodes", `${episodes} from seed ${report.seed} on, ${choice}`],
    ["weights", report.weights_sha256],
    ["step", report.step === null ? "unknown" : report.step.toLocaleString("en-US")],
  ];
}

function cycleTime({ cycle_time_s, mean_success_length }: EvaluationReport): string {
  if (mean_success_length === null) return "– (no episode was solved without help)";
  const steps = `${mean_success_length.toFixed(1)} steps`;
  return cycle_time_s === null ? steps : `${cycle_time_s.toFixed(2)} s (${steps})`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
