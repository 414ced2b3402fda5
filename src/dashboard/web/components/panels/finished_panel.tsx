/** The result of a finished run and suggested next commands. */
import { useState } from "preact/hooks";
import type { Finished } from "../../../run_state.ts";
import { useRun } from "../../app_context.ts";
import { formatDuration } from "../../format.ts";
import { CopyText } from "../copy_text.tsx";
import { Icon } from "../icons.tsx";

export function FinishedPanel() {
  const run = useRun();
  const finished = run.facts?.finished;
  const [isHidden, setHidden] = useState(false);
  if (!finished || isHidden) return null;
  const { outcome, active_seconds, policy, next, message } = finished;
  return (
    <section class={`finished ${outcome}`} role="status" aria-label="End of the run" data-testid="finished">
      <button type="button" class="quiet icon close" aria-label="Close" onClick={() => setHidden(true)}>
        <Icon name="cross" />
      </button>
      <h2>{headline(finished, run.isOffline)}</h2>
      <p class="hint">
        {message === "" || outcome === "solved" ? "" : `${message} `}After {formatDuration(active_seconds)}.
      </p>
      {policy !== null && (
        <div class="leaves">
          <span>Policy</span>
          <CopyText text={policy} />
        </div>
      )}
      {next.map(({ label, command }) => (
        <div key={command} class="leaves">
          <span>{label}</span>
          <CopyText text={command} />
        </div>
      ))}
      {run.hasRobot && (
        <p class="finished-links">
          <a class="button primary" href="#/learning">
            See the curves
          </a>
          <a class="button" href="#/episodes">
            Watch the episodes
          </a>
        </p>
      )}
    </section>
  );
}

function headline({ outcome, successes, episodes }: Finished, isOffline: boolean): string {
  const result = successes === null || episodes === null ? "" : ` ${successes}/${episodes}`;
  if (outcome === "solved") return `Solved${result}`;
  if (outcome === "steps")
    return `${isOffline ? "All updates are made" : "All steps are done"}${result === "" ? "" : `:${result}`}`;
  return outcome === "stopped" ? "Stopped" : "The run failed";
}
