/** The share of episodes that the policy solves without help, with its history. */
import { useRun } from "../../app_context.ts";
import { formatPercent } from "../../format.ts";
import { Sparkline } from "../charts/sparkline.tsx";

export function ScorePanel() {
  const run = useRun();
  const { solvedAlone, assistedSuccess, interventionRate, episodes } = run.curves.shares;
  const goal = run.facts?.plan?.goal?.success_rate;
  const isReached = solvedAlone !== null && goal !== undefined && solvedAlone >= goal;
  return (
    <section class="panel score" aria-labelledby="score-title">
      <div class="panel-head">
        <h2 id="score-title">Solved alone</h2>
        {goal !== undefined && <span class="goal">goal {formatPercent(goal)}</span>}
      </div>
      <div class="score-row">
        <b class={`display ${isReached ? "reached" : ""}`} data-testid="solved-alone">
          {formatPercent(solvedAlone)}
        </b>
        <Sparkline values={run.curves.solvedAlone.y} target={goal} version={run.curves.version} />
      </div>
      <p class="hint">{ofEpisodes(episodes)}</p>
      <dl class="second">
        <div>
          <dt>Intervention rate</dt>
          <dd class={interventionRate ? "helper" : ""}>{formatPercent(interventionRate)}</dd>
        </div>
        <div>
          <dt>Success with help</dt>
          <dd>{formatPercent(assistedSuccess)}</dd>
        </div>
        <EvaluationRow />
      </dl>
    </section>
  );
}

function EvaluationRow() {
  const run = useRun();
  const running = run.facts?.progress?.evaluation;
  const latest = run.facts?.evaluations.at(-1);
  if (running) {
    return (
      <div class="evaluating">
        <dt>Evaluation in progress</dt>
        <dd>
          {running.episode} / {running.of}
        </dd>
        <progress value={running.episode} max={running.of} aria-label="Progress of the evaluation" />
      </div>
    );
  }
  if (latest === undefined) return null;
  const goal = run.facts?.plan?.goal?.success_rate;
  return (
    <div>
      <dt>Latest evaluation</dt>
      <dd class={goal !== undefined && latest.successes / latest.episodes >= goal ? "policy" : ""}>
        {latest.successes} / {latest.episodes}
      </dd>
    </div>
  );
}

function ofEpisodes(count: number): string {
  if (count === 0) return "Waiting for the first episode to end.";
  return count === 1 ? "of one episode so far" : `of the latest ${count} episodes, without help`;
}
