/** Tracks under the slider: who steered, then one small curve per track. A click seeks. */
import type { EpisodeRecording } from "../../../recording_format.ts";
import { formatFixed } from "../../format.ts";
import { trackPaths } from "../../model/track_paths.ts";
import { useWidth } from "../charts/use_width.ts";

/** Width of a label beside its curve; on narrow screens it is above it. */
const LABEL_PX = 210;
const ROOM_PX = 640;
const ROW = { height: 34, gap: 8 } as const;
const BAND_PX = 8;
/** Tracks with more values show no numbers. */
const NAMED_LABELS = 4;
const SHOWN_TRACKS = 4;

export interface EpisodeTracksProps {
  readonly recording: EpisodeRecording;
  readonly step: number;
  readonly onSeek: (step: number) => void;
}

export function EpisodeTracks({ recording, step, onSeek }: EpisodeTracksProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const { steps, trace, tracks, values } = recording;
  const isWide = width >= ROOM_PX;
  const plot = Math.max(10, isWide ? width - LABEL_PX : width);
  const x = (at: number) => (steps < 2 ? 0 : (at / (steps - 1)) * plot);
  const seek = (event: MouseEvent) => {
    const left = event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;
    onSeek(Math.round((left / plot) * (steps - 1)));
  };
  return (
    <div class={`tracks ${isWide ? "wide" : ""}`} ref={box}>
      <div class="track">
        <span class="hint">who steers</span>
        <svg width={plot} height={BAND_PX} class="who" aria-hidden="true">
          <rect class="policy" width={plot} height={BAND_PX} rx={3} />
          {trace.interventions.map(([first, last]) => (
            <rect key={first} class="helper" x={x(first)} width={Math.max(2, x(last) - x(first))} height={BAND_PX} />
          ))}
          {trace.by_person?.map(([first, last]) => (
            <rect key={first} class="person" x={x(first)} width={Math.max(2, x(last) - x(first))} height={BAND_PX} />
          ))}
        </svg>
      </div>
      {tracks.slice(0, SHOWN_TRACKS).map(({ name, labels }, i) => (
        <div key={name} class="track">
          <span class="hint" title={labels.join(", ")}>
            {name}
            {labels.length <= NAMED_LABELS && (
              <span class="parts">
                {labels.map((label, part) => (
                  <span key={label}>
                    {labels.length > 1 && <i class={`key part-${part % 4}`}>{label}</i>}
                    <b>{formatFixed(values[i]![step * labels.length + part])}</b>
                  </span>
                ))}
              </span>
            )}
          </span>
          <svg width={plot} height={ROW.height} onClick={seek} aria-hidden="true">
            <line class="zero" x2={plot} y1={ROW.height - 0.5} y2={ROW.height - 0.5} />
            {trackPaths(values[i]!, labels.length, { width: plot, height: ROW.height }).map((path, part) => (
              <path key={labels[part]} class={`part part-${part % 4}`} d={path} />
            ))}
            <line class="now" x1={x(step)} x2={x(step)} y2={ROW.height} />
          </svg>
        </div>
      ))}
    </div>
  );
}
