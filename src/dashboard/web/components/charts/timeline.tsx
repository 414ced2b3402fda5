/**
 * Timeline of the latest episodes: one bar per episode, its height the length, with interventions and evaluations marked.
 * A click on a bar opens the episode.
 */
import type { EpisodeTrace } from "../../../protocol.ts";
import { useRun } from "../../app_context.ts";
import { formatPercent } from "../../format.ts";
import { useWidth } from "./use_width.ts";

const SHOWN = 60;
const PLOT = { left: 34, right: 6, top: 14, height: 74, below: 16 } as const;
const HEIGHT = PLOT.top + PLOT.height + PLOT.below;
const BAR = { share: 0.66, most: 16, slotMost: 30, slotLeast: 9 } as const;
/** Lower bound of the vertical scale. */
const LEAST_SCALE_STEPS = 20;
const LABEL_EVERY_PX = 64;

export interface TimelineProps {
  /** The episode that is played back. */
  readonly current?: number | undefined;
}

export function Timeline({ current }: TimelineProps) {
  const run = useRun();
  const [box, width] = useWidth<HTMLDivElement>();
  const room = Math.max(1, Math.floor((width - PLOT.left - PLOT.right) / BAR.slotLeast));
  const traces = run.traces.slice(-Math.min(SHOWN, room));
  const slot = Math.min(BAR.slotMost, (width - PLOT.left - PLOT.right) / Math.max(1, traces.length));
  const longest = roundedUp(Math.max(LEAST_SCALE_STEPS, ...traces.map(({ length }) => length)));
  const recordings = new Set(run.facts?.recordings);
  if (run.facts?.mode === "review" && run.traces.length === 0) return null;
  return (
    <section class="panel timeline" aria-labelledby="timeline-title">
      <div class="panel-head">
        <h2 id="timeline-title">Latest episodes</h2>
        <ul class="legend">
          <li class="success">success</li>
          <li class="failure">failure</li>
          <li class="other">other</li>
          <li class="helper">operator</li>
          <li class="person">person</li>
          <li class="evaluation">evaluation</li>
        </ul>
      </div>
      <div class="timeline-plot" ref={box}>
        {traces.length === 0 ? (
          <p class="hint empty-note">Waiting for the first episode.</p>
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: a picture with links in it is no fieldset
          <svg width={width} height={HEIGHT} role="group" aria-label={summary(traces)}>
            <Axis longest={longest} width={width} />
            {traces.map((trace, i) => (
              <Bar
                key={trace.episode}
                trace={trace}
                x={PLOT.left + i * slot}
                slot={slot}
                scale={PLOT.height / longest}
                isCurrent={trace.episode === current}
                isRecorded={recordings.has(trace.episode)}
              />
            ))}
            <EpisodeNumbers traces={traces} slot={slot} />
            {run.evaluationsAfter.map(({ episode, step, share }) => {
              const i = traces.findIndex((trace) => trace.episode === episode);
              return i < 0 ? null : <Flag key={step} x={PLOT.left + (i + 1) * slot} step={step} share={share} />;
            })}
          </svg>
        )}
      </div>
    </section>
  );
}

/** Rounds up to an even number. */
function roundedUp(steps: number): number {
  const unit = 2 * 10 ** Math.max(1, Math.floor(Math.log10(steps)) - 1);
  return unit * Math.ceil(steps / unit);
}

function Axis({ longest, width }: { readonly longest: number; readonly width: number }) {
  const bottom = PLOT.top + PLOT.height;
  return (
    <g class="plot-axis">
      {[0, 0.5, 1].map((share) => {
        const y = bottom - share * PLOT.height;
        return (
          <g key={share}>
            <line x1={PLOT.left - 4} x2={width - PLOT.right} y1={y} y2={y} />
            <text x={PLOT.left - 8} y={y + 4} text-anchor="end">
              {Math.round(share * longest)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

function EpisodeNumbers({ traces, slot }: { readonly traces: readonly EpisodeTrace[]; readonly slot: number }) {
  const every = [1, 2, 5, 10, 20, 50].find((step) => step * slot >= LABEL_EVERY_PX) ?? 50;
  return (
    <g class="plot-axis">
      {traces.map(({ episode }, i) =>
        episode % every === 0 ? (
          <text key={episode} x={PLOT.left + (i + 0.5) * slot} y={HEIGHT - 2} text-anchor="middle">
            {episode}
          </text>
        ) : null,
      )}
    </g>
  );
}

interface BarProps {
  readonly trace: EpisodeTrace;
  /** Left end of its slot. */
  readonly x: number;
  readonly slot: number;
  readonly scale: number;
  readonly isCurrent: boolean;
  readonly isRecorded: boolean;
}

function Bar({ trace, x, slot, scale, isCurrent, isRecorded }: BarProps) {
  const bottom = PLOT.top + PLOT.height;
  const height = Math.max(3, trace.length * scale);
  const width = Math.min(BAR.most, BAR.share * slot);
  const left = x + (slot - width) / 2;
  const outcome = outcomeClass(trace);
  const shapes = (
    <>
      <title>{describe(trace)}</title>
      <rect class="hit" x={x} y={0} width={slot} height={bottom} />
      <rect class="course" x={left} y={bottom - height} width={width} height={height} rx={2} />
      {trace.interventions.map(([first, last]) => (
        <rect
          key={first}
          class="stretch"
          x={left}
          y={bottom - last * scale}
          width={width}
          height={Math.max(1.5, (last - first) * scale)}
        />
      ))}
      {trace.by_person?.map(([first, last]) => (
        <rect
          key={`person ${first}`}
          class="stretch person"
          x={left}
          y={bottom - last * scale}
          width={width}
          height={Math.max(1.5, (last - first) * scale)}
        />
      ))}
      <Cap outcome={outcome} x={left + width / 2} y={bottom - height} size={Math.min(5, width / 2 + 0.8)} />
    </>
  );
  const attributes = {
    class: `bar ${outcome} ${isCurrent ? "current" : ""} ${trace.steered_somewhere ? "somewhere" : ""}`,
    "data-episode": trace.episode,
    "data-outcome": trace.outcome ?? "running",
  };
  if (!isRecorded) return <g {...attributes}>{shapes}</g>;
  return (
    <a href={`#/episodes/${trace.episode}`} aria-label={`Open episode ${trace.episode}`}>
      <g {...attributes}>{shapes}</g>
    </a>
  );
}

interface CapProps {
  readonly outcome: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** Marks the outcome at the end of a bar: dot, cross or line. */
function Cap({ outcome, x, y, size }: CapProps) {
  if (outcome === "success") return <circle class="cap" cx={x} cy={y} r={size} />;
  if (outcome === "failure") {
    const arm = 0.75 * size;
    return (
      <path
        class="cap cross-cap"
        d={`M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0${-2 * arm}l${-2 * arm} ${2 * arm}`}
      />
    );
  }
  if (outcome === "running") return null;
  return <rect class="cap" x={x - size} y={y - 1.5} width={2 * size} height={3} rx={1} />;
}

function Flag({ x, step, share }: { readonly x: number; readonly step: number; readonly share: number }) {
  return (
    <g class="flag">
      <title>{`Evaluation at ${step} steps: ${formatPercent(share)} solved alone`}</title>
      <line x1={x} x2={x} y1={5} y2={PLOT.top + PLOT.height} />
      <path d={`M${x} 0l5 5l-5 5l-5 -5z`} />
    </g>
  );
}

function outcomeClass({ outcome }: EpisodeTrace): string {
  if (outcome === null) return "running";
  return outcome === "success" || outcome === "failure" ? outcome : "other";
}

function describe(trace: EpisodeTrace): string {
  const { episode, length, episodic_return, interventions, steered_somewhere, outcome, undone } = trace;
  const steered = steered_somewhere ?? interventions.reduce((sum, [first, last]) => sum + last - first, 0);
  const end = outcome === null ? "running" : outcome.replace("_", " ");
  return `Episode ${episode}: ${end}${undone ? " (label undone)" : ""}, ${length} steps, return ${episodic_return.toFixed(2)}, ${steered} intervention steps`;
}

function summary(traces: readonly EpisodeTrace[]): string {
  const ended = traces.filter(({ outcome }) => outcome !== null);
  const successes = ended.filter(({ outcome }) => outcome === "success").length;
  const helped = ended.filter(
    ({ interventions, steered_somewhere }) => steered_somewhere || interventions.length > 0,
  ).length;
  return `The latest ${ended.length} episodes: ${successes} successes, ${helped} with help.`;
}
