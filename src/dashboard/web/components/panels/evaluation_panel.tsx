/** The latest evaluation: success rate with its interval, and how it was measured. */
import { useRun } from "../../app_context.ts";
import { formatNumber, formatPercent } from "../../format.ts";

export function EvaluationPanel() {
  const run = useRun();
  const latest = run.evaluations.at(-1);
  const goal = run.facts?.plan?.goal?.success_rate;
  const running = run.facts?.progress?.evaluation;
  // Without a goal, evaluations only run on request; without actors, every so many updates.
  const every = run.isOffline && run.can("evaluation") ? run.facts?.config.env_eval_freq : undefined;
  if (!latest && !running && goal === undefined && every === undefined) return null;
  return (
    <section class={`panel evaluation ${latest || running ? "" : "none"}`} aria-labelledby="evaluation-title">
      <h3 id="evaluation-title">
        {latest ? `Evaluation at ${formatNumber(latest.step)} ${run.curves.unit}` : "Evaluation"}
      </h3>
      {running && (
        <p class="hint">
          In progress: {running.successes} of {running.episode} solved.
          <progress value={running.episode} max={running.of} aria-label="Progress of the evaluation" />
        </p>
      )}
      {latest ? (
        <Result report={latest.report} isReached={goal !== undefined && latest.report.success_rate >= goal} />
      ) : (
        <p class="hint">
          {typeof every === "number"
            ? `None yet. The policy is evaluated every ${formatNumber(every)} updates, and after the last.`
            : "None yet. It starts when the policy seems to have reached the goal."}
        </p>
      )}
    </section>
  );
}

type Report = ReturnType<typeof useRun>["evaluations"][number]["report"];

function Result({ report, isReached }: { readonly report: Report; readonly isReached: boolean }) {
  const [low, high] = report.success_interval;
  return (
    <>
      <p>
        <b class={`display ${isReached ? "reached" : ""}`}>{formatPercent(report.success_rate)}</b>
      </p>
      <p class="hint">
        {report.successes} of {report.episodes} episodes
        <br />
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
    </>
  );
}
