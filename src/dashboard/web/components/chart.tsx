/** One chart over environment steps, with its newest values in words. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { formatNumber, formatPercent } from "../format.ts";
import type { BoundedSeries } from "../model/bounded_series.ts";
import { cssColor, type Theme } from "../theme.ts";

export interface ChartLine {
  readonly name: string;
  readonly series: BoundedSeries | undefined;
  /** Name of a colour of the style sheet. */
  readonly color: string;
  readonly dashed?: boolean;
}

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly share?: boolean;
  readonly theme: Theme;
  /** Rises with new points. */
  readonly version: number;
}

const HEIGHT = 168;
/** So few are marked: a single one would not be seen. */
const FEW_POINTS = 30;

export function Chart({ title, lines, share = false, theme, version }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const drawn = lines.filter(({ series }) => series !== undefined && series.x.length > 0);
  const names = drawn.map(({ name }) => name).join();

  useEffect(() => {
    const element = box.current;
    if (!element || names === "") return;
    const made = new uPlot(options(drawn, share, element.clientWidth), dataOf(drawn), element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [names, theme, share]);

  useEffect(() => plot.current?.setData(dataOf(drawn)), [version]);

  const format = share ? formatPercent : formatNumber;
  return (
    <figure class="panel chart">
      <figcaption>
        <h2>{title}</h2>
        <ul>
          {lines.map(({ name, series, color, dashed }) => (
            <li key={name}>
              <i class={`swatch ${color} ${dashed ? "dashed" : ""}`} />
              {name} <b>{format(series?.last)}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      {names === "" ? <p class="hint">No values yet.</p> : <div class="plot" ref={box} aria-hidden="true" />}
    </figure>
  );
}

/** Lines have steps of their own; uPlot wants one axis and gaps. */
function dataOf(lines: readonly ChartLine[]): uPlot.AlignedData {
  const tables = lines.map(({ series }) => [series!.x, series!.y] as unknown as uPlot.AlignedData);
  return tables.length === 1 ? tables[0]! : uPlot.join(tables);
}

/** A little air above and below, also around a curve that is flat. */
function rangeOf(_: uPlot, low: number | null, high: number | null): [number, number] {
  if (low === null || high === null) return [0, 1];
  const air = high > low ? 0.08 * (high - low) : Math.max(1e-6, 0.1 * Math.abs(high)) || 1;
  return [low === 0 ? 0 : low - air, high + air];
}

function options(lines: readonly ChartLine[], share: boolean, width: number): uPlot.Options {
  const axis: uPlot.Axis = {
    stroke: cssColor("muted"),
    grid: { stroke: cssColor("grid"), width: 1 },
    ticks: { show: false },
    font: "11px system-ui, sans-serif",
  };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: false }, y: { range: share ? [0, 1] : rangeOf } },
    axes: [
      {
        ...axis,
        size: 22,
        values: (_, ticks) => ticks.map((tick) => (tick >= 1000 ? `${tick / 1000}k` : String(tick))),
      },
      {
        ...axis,
        size: 46,
        values: (_, ticks) => ticks.map((tick) => (share ? formatPercent(tick) : formatNumber(tick))),
      },
    ],
    series: [
      {},
      ...lines.map(({ color, dashed }) => ({
        stroke: cssColor(color),
        width: 1.75,
        spanGaps: true,
        points: { show: (plot: uPlot) => plot.data[0].length < FEW_POINTS, size: 5, fill: cssColor(color) },
        ...(dashed && { dash: [5, 4] }),
      })),
    ],
  };
}
