/** What can be done to the run, who takes part in it, and what has been done. */
import type { RunEvent } from "../../../metrics/run_event.ts";
import { useRun } from "../app_context.ts";
import { formatClock, formatNumber, formatSeconds } from "../format.ts";
import { ActionsPanel } from "./actions_panel.tsx";

export function RunView() {
  const run = useRun();
  return (
    <>
      {run.facts?.mode === "live" && <ActionsPanel />}
      <ProcessesPanel />
      <LogPanel />
      <section class="panel config" aria-labelledby="config-title">
        <h2 id="config-title">Configuration</h2>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
        <pre tabIndex={0}>{JSON.stringify(run.facts?.config, null, 2)}</pre>
      </section>
    </>
  );
}

function ProcessesPanel() {
  const { actors, learner } = useRun();
  return (
    <section class="panel processes" aria-labelledby="processes-title">
      <h2 id="processes-title">Learner and actors</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <div class="table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              <th scope="col">State</th>
              <th scope="col">Rate</th>
              <th scope="col">Weights</th>
              <th scope="col">Waiting</th>
            </tr>
          </thead>
          <tbody>
            {learner && (
              <tr>
                <th scope="row">learner</th>
                <td>{learner.state}</td>
                <td>{formatNumber(learner.updates_per_s)} updates/s</td>
                <td>version {learner.parameters_version}</td>
                <td>{formatNumber(learner.queue_records)} records</td>
              </tr>
            )}
            {[...actors.values()].map((actor) => (
              <tr key={actor.actor}>
                <th scope="row">{actor.actor}</th>
                <td>{actor.connected ? actor.state : `${actor.state}, disconnected`}</td>
                <td>
                  {formatNumber(actor.control_frequency_hz)} Hz, jitter p99 {formatNumber(actor.control_jitter_p99_ms)}{" "}
                  ms
                </td>
                <td>
                  version {actor.parameters_version}, {formatSeconds(actor.parameters_age_s)} old
                </td>
                <td>{formatNumber(actor.outbox_records)} records</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function LogPanel() {
  const { log } = useRun();
  return (
    <section class="panel log" aria-labelledby="log-title">
      <h2 id="log-title">What happened</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <ol tabIndex={0} aria-label="Latest first">
        {[...log].reverse().map((event, i) => (
          <li key={log.length - i} class={event.type === "notice" ? event.level : event.type}>
            <time>{formatClock(event.time_s)}</time>
            <span>{describe(event)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function describe(event: RunEvent): string {
  switch (event.type) {
    case "run_started":
      return event.resumed_from === null ? "The run began." : `The run goes on from ${event.resumed_from}.`;
    case "checkpoint":
      return `Checkpoint at update ${event.step}: ${event.folder}`;
    case "evaluation":
      return `Evaluation: ${event.report.successes} of ${event.report.episodes} episodes succeeded.`;
    case "action": {
      const { page, ...detail } = event.detail;
      const details = Object.entries(detail).map(([key, value]) => `${key} ${String(value)}`);
      const who = typeof page === "string" ? page : event.by;
      return `${who}: ${event.name.replaceAll("_", " ")}${details.length > 0 ? ` (${details.join(", ")})` : ""}`;
    }
    case "notice":
      return `${event.source}: ${event.message}`;
    case "run_finished":
      return `The run ended: ${event.message || event.reason}`;
    default:
      return event.type;
  }
}
