/** What can be done to the run, who takes part in it, and what has been done. */
import type { RunEvent } from "../../../metrics/run_event.ts";
import { useRun } from "../app_context.ts";
import { formatClock, formatCount, formatNumber, formatSeconds } from "../format.ts";
import { relativeTo } from "../model/relative_path.ts";
import type { RunFacts } from "../model/run_model.ts";
import { ActionsPanel } from "./actions_panel.tsx";
import { ConfigPanel } from "./config_panel.tsx";
import { CopyText } from "./copy_text.tsx";

export function RunView() {
  const run = useRun();
  return (
    <>
      {run.facts?.mode === "live" && run.facts.finished === null && <ActionsPanel />}
      <ProcessesPanel />
      <LogPanel />
      <ConfigPanel />
    </>
  );
}

function ProcessesPanel() {
  const { actors, learner, facts } = useRun();
  const folder = folderOf(facts);
  return (
    <section class="panel processes" aria-labelledby="processes-title">
      <div class="panel-head">
        <h2 id="processes-title">Learner and actors</h2>
        {folder !== "" && (
          <span class="folder hint">
            <span>Run folder</span> <CopyText text={folder} shown={folder.split("/").slice(-2).join("/")} />
          </span>
        )}
      </div>
      {!learner && actors.size === 0 && <p class="hint">None has reported yet.</p>}
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
                <td>{formatCount(learner.queue_records, "record")}</td>
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
                <td>{formatCount(actor.outbox_records, "record")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function LogPanel() {
  const { log, facts } = useRun();
  const folder = folderOf(facts);
  return (
    <section class="panel log" aria-labelledby="log-title">
      <h2 id="log-title">What happened</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <ol tabIndex={0} aria-label="Latest first">
        {[...log].reverse().map((event, i) => (
          <li key={log.length - i} class={event.type === "notice" ? event.level : event.type}>
            <time>{formatClock(event.time_s)}</time>
            <span>{relativeTo(folder, describe(event))}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function folderOf(facts: RunFacts | undefined): string {
  const folder = facts?.config.output_dir;
  return typeof folder === "string" ? folder : "";
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
