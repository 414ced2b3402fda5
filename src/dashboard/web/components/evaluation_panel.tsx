/** The latest evaluation of the deterministic policy, with everything needed to trust it. */
import { useRun } from "../app_context.ts";
import { formatNumber, formatPercent } from "../format.ts";

export function EvaluationPanel() {
  const latest = useRun().evaluations.at(-1);
  if (latest === undefined) return null;
  const { report, step } = latest;
  const [low, high] = report.success_interval;
  return (
    <section class="panel evaluation" aria-labelledby="evaluation-title">
      <h2 id="evaluation-title">Evaluation at {formatNumber(step)} steps</h2>
      <p class="big">
        <b>{formatPercent(report.success_rate)}</b> of {report.episodes} episodes
      </p>
      <p>
        95 % interval {formatPercent(low)} to {formatPercent(high)}
      </p>
      <dl>
        <dt>Mean return</dt>
        <dd>{formatNumber(report.mean_return)}</dd>
        <dt>Steps to success</dt>
        <dd>{formatNumber(report.mean_success_length ?? undefined)}</dd>
        <dt>Actions</dt>
        <dd>{report.deterministic ? "deterministic" : "sampled"}</dd>
        <dt>Help</dt>
        <dd>{formatPercent(report.operator_share)}</dd>
        <dt>Weights</dt>
        <dd>
          <code>{report.weights_sha256.slice(0, 12)}</code>
        </dd>
      </dl>
    </section>
  );
}
