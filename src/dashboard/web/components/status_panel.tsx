/** The few numbers that say whether all is well. */
import { useRun } from "../app_context.ts";
import { formatNumber, formatPercent, formatSeconds } from "../format.ts";

export function StatusPanel() {
  const run = useRun();
  const { solvedAlone, assistedSuccess, interventionRate, episodes } = run.curves.shares;
  const [actor] = run.actors.values();
  const { learner } = run;
  return (
    <section class="panel status" aria-labelledby="status-title">
      <h2 id="status-title">{heading(episodes)}</h2>
      <div class="headline">
        <p>
          <b class="alone">{formatPercent(solvedAlone)}</b> of episodes solved alone
        </p>
        <p>
          <b class="assisted">{formatPercent(assistedSuccess)}</b> of helped ones succeed
        </p>
        <p>
          <b>{formatPercent(interventionRate)}</b> of steps steered
        </p>
      </div>
      <dl>
        {actor && <Fact name="Control" value={`${formatNumber(actor.control_frequency_hz)} Hz`} />}
        {actor && <Fact name="Jitter p99" value={`${formatNumber(actor.control_jitter_p99_ms)} ms`} />}
        {actor && <Fact name="Weights’ age" value={formatSeconds(actor.parameters_age_s)} />}
        {actor && <Fact name="Outbox" value={formatNumber(actor.outbox_records)} />}
        {learner && <Fact name="Updates" value={`${formatNumber(learner.updates_per_s)} /s`} />}
        {learner && <Fact name="Per step" value={formatNumber(learner.updates_per_step)} />}
        {learner && <Fact name="Buffer" value={formatNumber(learner.online_size)} />}
        {learner && <Fact name="Queue" value={formatNumber(learner.queue_records)} />}
      </dl>
    </section>
  );
}

function heading(episodes: number): string {
  if (episodes === 0) return "No episode has ended yet";
  return episodes === 1 ? "Last episode" : `Last ${episodes} episodes`;
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
