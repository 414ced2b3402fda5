/** The top bar: the run's name and state, the views, and the emergency stop. */
import type { View } from "../../protocol.ts";
import { useRun } from "../app_context.ts";
import { formatDuration, formatNumber } from "../format.ts";
import type { RunModel } from "../model/run_model.ts";
import type { Theme } from "../theme.ts";
import { Icon } from "./icons.tsx";
import { StopButton } from "./steering/stop_button.tsx";

const NAMES: Readonly<Record<View, string>> = { live: "Live", learning: "Learning", episodes: "Episodes", run: "Run" };

export interface TopBarProps {
  readonly view: View;
  readonly views: readonly View[];
  readonly theme: Theme;
  readonly onTheme: (theme: Theme) => void;
}

export function TopBar({ view, views, theme, onTheme }: TopBarProps) {
  const run = useRun();
  const other = theme === "dark" ? "light" : "dark";
  const isLive = run.facts?.mode === "live";
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
          <Counts run={run} />
        </p>
      </div>
      <nav aria-label="Views">
        {views.map((name) => (
          <a key={name} href={`#/${name}`} aria-current={name === view ? "page" : undefined}>
            <Icon name={name} />
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
          <Icon name="theme" />
        </button>
        {isLive && run.can("stop") && <StopButton />}
      </div>
    </header>
  );
}

/** Nothing for a dataset, which has no run. */
function Counts({ run }: { readonly run: RunModel }) {
  const { episodes } = run.curves;
  if (run.progress === 0 && episodes === 0) return null;
  return (
    <>
      <span>
        {formatNumber(run.progress)} {run.curves.unit}
      </span>
      {!run.isOffline && (
        <span class="wide">
          {formatNumber(episodes)} {episodes === 1 ? "episode" : "episodes"}
        </span>
      )}
      {run.elapsedS !== undefined && <span class="wide">{formatDuration(run.elapsedS)}</span>}
    </>
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

const ENDS = { solved: "solved", steps: "all steps done", stopped: "run stopped", failed: "failed" } as const;

/** By state of a learner without an actor in its process. */
const LEARNER_TONES: Readonly<Partial<Record<string, string>>> = { waiting: "calm", paused: "helper", stopped: "calm" };

function stateOf({
  facts,
  connection,
  silentMs,
  finished,
  stop,
  actors,
  learner,
  hasRobot,
  isOffline,
}: RunModel): [tone: string, text: string] {
  const end = facts?.finished?.outcome ?? finished?.reason;
  // Before the connection's state: a run that ends closes the connection.
  if (end === "steps" && isOffline) return ["calm", "all updates made"];
  if (end !== undefined) return [end === "solved" ? "policy" : end === "failed" ? "failure" : "calm", ENDS[end]];
  if (facts?.mode === "review") return ["calm", "recorded"];
  if (facts?.recording_session?.is_over) return ["policy", "recorded"];
  if (connection !== "open") return ["failure", "connection lost"];
  if (silentMs > 0) return ["failure", `no response for ${Math.floor(silentMs / 1000)} s`];
  if (stop.active) return ["failure", "stopped"];
  if (facts?.progress?.phase === "evaluating") return ["policy", "evaluating"];
  if (learner && !hasRobot) return [LEARNER_TONES[learner.state] ?? "policy", learner.state];
  const [actor] = actors.values();
  if (actor?.state === "paused") return ["helper", "robot paused"];
  if (facts?.recording_session) return ["person", "recording"];
  if (actor?.state === "holding") return ["helper", "robot holding"];
  if (learner?.state === "paused") return ["helper", "learning paused"];
  return ["policy", "running"];
}
