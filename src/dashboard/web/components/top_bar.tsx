/** Which run, how it goes, where to look, and the emergency stop, which is on every page at the same place. */
import type { View } from "../app.tsx";
import { usePage, useRun } from "../app_context.ts";
import { formatDuration, formatNumber } from "../format.ts";
import type { RunModel } from "../model/run_model.ts";
import type { Theme } from "../theme.ts";

const NAMES: Readonly<Record<View, string>> = { live: "Live", learning: "Learning", episodes: "Episodes", run: "Run" };

export interface TopBarProps {
  readonly view: View;
  readonly views: readonly View[];
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}

export function TopBar({ view, views, theme, onTheme }: TopBarProps) {
  const page = usePage();
  const run = useRun();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <header class="top">
      <a class="skip" href="#main">
        Skip to content
      </a>
      <div class="brand">
        <h1>
          <span class="visually-hidden">Handrail: </span>
          {run.facts?.run_name}
        </h1>
        <p class="progress">
          <RunState run={run} />
          <span>{formatNumber(run.interactionStep)} steps</span>
          <span class="wide">
            {formatNumber(run.curves.episodes)} {run.curves.episodes === 1 ? "episode" : "episodes"}
          </span>
          {run.startedS !== undefined && <span class="wide">{formatDuration(run.latestS - run.startedS)}</span>}
        </p>
      </div>
      <nav aria-label="Views">
        {views.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
            {NAMES[name]}
          </a>
        ))}
      </nav>
      <div class="top-actions">
        <button
          type="button"
          class="quiet icon"
          aria-label={`Switch to ${other} colours`}
          title={`Switch to ${other} colours`}
          onClick={() => onTheme(other)}
        >
          <span aria-hidden="true">◐</span>
        </button>
        {run.facts?.mode === "live" && (
          <button
            type="button"
            class="stop"
            disabled={!run.can("stop")}
            aria-keyshortcuts="Escape"
            title="The robot stops and holds (Esc, or Space)"
            onClick={() => page.stop()}
          >
            STOP <kbd>Esc</kbd>
          </button>
        )}
      </div>
    </header>
  );
}

function RunState({ run }: { readonly run: RunModel }) {
  const [tone, text] = stateOf(run);
  return (
    <span class={`state ${tone}`} role="status">
      {text}
    </span>
  );
}

function stateOf({ facts, connection, finished, stop, actors, learner }: RunModel): [tone: string, text: string] {
  if (facts?.mode === "review") return ["calm", finished ? `finished: ${finished.reason}` : "recorded run"];
  if (connection !== "open") return ["bad", "connection lost"];
  if (finished) return ["calm", `finished: ${finished.reason}`];
  if (stop.active) return ["bad", "stopped"];
  const [actor] = actors.values();
  if (actor?.state === "paused") return ["warn", "robot paused"];
  if (actor?.state === "holding") return ["warn", "robot holds"];
  if (learner?.state === "paused") return ["warn", "learning paused"];
  return ["good", "running"];
}
