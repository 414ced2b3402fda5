/** The list of recorded episodes, with filters. */
import { useState } from "preact/hooks";
import type { EpisodeTrace } from "../../../protocol.ts";
import { type Filter, helpedSteps, matching, offeredFilters } from "../../model/episode_filter.ts";

/** Limits the rows; filters reach older episodes. */
const SHOWN = 300;

export interface EpisodeListProps {
  /** Oldest first. */
  readonly traces: readonly EpisodeTrace[];
  readonly current: number | undefined;
}

export function EpisodeList({ traces, current }: EpisodeListProps) {
  const [filter, setFilter] = useState<Filter>("all");
  const shown = [...matching(traces, filter)].reverse();
  return (
    <section class="panel side recordings" aria-labelledby="recordings-title">
      <div class="panel-head">
        <h2 id="recordings-title">Recorded episodes</h2>
        <span class="hint">
          {shown.length} of {traces.length}
        </span>
      </div>
      <fieldset class="chips" aria-label="Show">
        {offeredFilters(traces).map((name) => (
          <button key={name} type="button" aria-pressed={filter === name} onClick={() => setFilter(name)}>
            {name} <span>{matching(traces, name).length}</span>
          </button>
        ))}
      </fieldset>
      <ul>
        {shown.slice(0, SHOWN).map((trace) => (
          <li key={trace.episode}>
            <a
              href={`#/episodes/${trace.episode}`}
              class="episode-row"
              aria-current={trace.episode === current ? "true" : undefined}
            >
              <OutcomeMark outcome={trace.outcome} />
              <b>
                <span class="visually-hidden">Episode </span>
                {trace.episode}
                <span class="visually-hidden">, {trace.outcome?.replace("_", " ") ?? "running"},</span>
              </b>
              <span>{trace.length} steps</span>
              {helpedSteps(trace) > 0 && <span class="helped">helped {helpedSteps(trace)}</span>}
            </a>
          </li>
        ))}
      </ul>
      {shown.length === 0 && (
        <p class="hint">
          {traces.length === 0
            ? "The latest episodes are always kept; “Record every episode” in the Run view keeps all."
            : "No matching episodes."}
        </p>
      )}
    </section>
  );
}

/** Distinguishes outcomes by shape as well as by colour. */
export function OutcomeMark({ outcome }: Pick<EpisodeTrace, "outcome">) {
  const kind = outcome === "success" || outcome === "failure" ? outcome : "other";
  return <i class={`outcome ${kind}`} aria-hidden="true" />;
}
