/** The run view: actions, processes, log and configuration. */
import type { RunEvent } from "../../../metrics/run_event.ts";
import { useRun } from "../app_context.ts";
import { formatClock } from "../format.ts";
import { outputFolder, relativeTo } from "../model/relative_path.ts";
import { ConfigPanel } from "./panels/config_panel.tsx";
import { ProcessesPanel } from "./panels/processes_panel.tsx";
import { ActionsPanel } from "./steering/actions_panel.tsx";

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

function LogPanel() {
  const { log, facts } = useRun();
  const folder = outputFolder(facts);
  return (
    <section class="panel log" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
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

function describe(event: RunEvent): string {
  switch (event.type) {
    case "run_started":
      return event.resumed_from === null ? "The run started." : `The run resumed from ${event.resumed_from}.`;
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
