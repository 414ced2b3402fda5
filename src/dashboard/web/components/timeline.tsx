/** The course of the latest episodes: a bar each, as high as the episode was long, with the stretches people steered. */
import type { EpisodeTrace } from "../../protocol.ts";
import { useRun } from "../app_context.ts";

const SHOWN = 48;
const HEIGHT = 72;
const CAP = 8;
const BAR = 10;
const GAP = 4;
/** Bars of an all too short past are not stretched to the full height. */
const LEAST_SCALE_STEPS = 20;

export function Timeline() {
  const run = useRun();
  const traces = run.traces.slice(-SHOWN);
  const longest = Math.max(LEAST_SCALE_STEPS, ...traces.map(({ length }) => length));
  const width = SHOWN * (BAR + GAP) - GAP;
  return (
    <section class="panel timeline" aria-labelledby="timeline-title">
      <div class="panel-head">
        <h2 id="timeline-title">Episodes</h2>
        <ul class="legend">
          <li class="success">success</li>
          <li class="failure">failure</li>
          <li class="other">other end</li>
          <li class="intervention">steered</li>
        </ul>
      </div>
      <svg
        viewBox={`0 0 ${width} ${HEIGHT + CAP + 4}`}
        role="img"
        aria-label={summary(traces)}
        preserveAspectRatio="xMinYMax meet"
      >
        <title>{summary(traces)}</title>
        {traces.map((trace, i) => (
          <Bar key={trace.episode} trace={trace} x={i * (BAR + GAP)} scale={HEIGHT / longest} />
        ))}
      </svg>
    </section>
  );
}

function Bar({ trace, x, scale }: { readonly trace: EpisodeTrace; readonly x: number; readonly scale: number }) {
  const bottom = HEIGHT + CAP + 4;
  const height = Math.max(2, trace.length * scale);
  const outcome = outcomeClass(trace);
  return (
    <g class={`bar ${outcome}`} data-episode={trace.episode} data-outcome={trace.outcome ?? "running"}>
      <title>{describe(trace)}</title>
      <rect class="course" x={x} y={bottom - height} width={BAR} height={height} rx={2} />
      {trace.interventions.map(([first, last]) => (
        <rect
          key={first}
          class="stretch"
          x={x}
          y={bottom - last * scale}
          width={BAR}
          height={Math.max(1.5, (last - first) * scale)}
        />
      ))}
      <Cap outcome={outcome} x={x} y={bottom - height - CAP - 2} />
    </g>
  );
}

/** Shapes as well as colours: a dot, a cross, a line. */
function Cap({ outcome, x, y }: { readonly outcome: string; readonly x: number; readonly y: number }) {
  const middle = x + BAR / 2;
  if (outcome === "success") return <circle class="cap" cx={middle} cy={y + CAP / 2} r={CAP / 2} />;
  if (outcome === "failure") return <path class="cap cross-cap" d={`M${middle - 3} ${y + 1}l6 6m0-6l-6 6`} />;
  if (outcome === "running") return null;
  return <rect class="cap" x={x + 1} y={y + CAP / 2 - 1} width={BAR - 2} height={2} />;
}

function outcomeClass({ outcome }: EpisodeTrace): string {
  if (outcome === null) return "running";
  return outcome === "success" || outcome === "failure" ? outcome : "other";
}

function describe({ episode, length, episodic_return, interventions, outcome, undone }: EpisodeTrace): string {
  const steered = interventions.reduce((sum, [first, last]) => sum + last - first, 0);
  const end = outcome === null ? "running" : outcome.replace("_", " ");
  return `Episode ${episode}: ${end}${undone ? " (label taken back)" : ""}, ${length} steps, return ${episodic_return.toFixed(2)}, ${steered} steps steered`;
}

function summary(traces: readonly EpisodeTrace[]): string {
  const ended = traces.filter(({ outcome }) => outcome !== null);
  const successes = ended.filter(({ outcome }) => outcome === "success").length;
  const helped = ended.filter(({ interventions }) => interventions.length > 0).length;
  return `The last ${ended.length} episodes: ${successes} successes, ${helped} with help.`;
}
