/**
 * A chart over environment steps, or over updates in a run without actors. Cursor and zoom are shared by all charts. Without a
 * cursor, the legend shows the latest values.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import type { ProgressUnit } from "../../../../metrics/progress_count.ts";
import { formatNumber, formatPercent } from "../../format.ts";
import type { BoundedSeries } from "../../model/bounded_series.ts";
import { type ChartData, type ChartLine, chartData, valueRange } from "../../model/chart_data.ts";
import { cssColor, type Theme } from "../../theme.ts";
import { type ChartMark, drawMarks, drawReference } from "./chart_marks.ts";

export type { ChartLine } from "../../model/chart_data.ts";
export type StepRange = readonly [from: number, to: number];

export interface ChartProps {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  readonly share?: boolean;
  readonly theme: Theme;
  /** Increases with new points. */
  readonly version: number;
  /** What x counts. */
  readonly unit: ProgressUnit;
  /** Steps or updates to show. */
  readonly range: StepRange;
  readonly onZoom: (range: StepRange | undefined) => void;
  /** Neighbours on each side for averaging; 0 disables smoothing. */
  readonly smoothing?: number;
  readonly marks?: readonly ChartMark[];
  readonly reference?: { readonly name: string; readonly y: number } | undefined;
  readonly height?: number;
  /** What is said in place of curves that have not begun. */
  readonly empty?: string;
}

/** Synchronises the cursors of all charts. */
const SYNC_KEY = "environment steps";
/** Fewer points than this are marked: a single point would be invisible. */
const FEW_POINTS = 30;
/** Shorter drags count as clicks. */
const LEAST_DRAG_PX = 6;

export function Chart(props: ChartProps) {
  const { title, lines, share = false, theme, version, unit, range, onZoom, smoothing = 0, height = 176 } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [hovered, setHovered] = useState<number>();
  const drawn = lines.filter(({ series }) => series !== undefined && series.x.length > 0);
  const key = `${drawn.map(({ name }) => name).join()} ${smoothing > 0}`;
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = box.current;
    if (!element || drawn.length === 0) return;
    const data = chartData(drawn, smoothing, share);
    const callbacks = {
      props: () => latest.current,
      onHover: setHovered,
      onZoom: (chosen: StepRange | undefined) => latest.current.onZoom(chosen),
    };
    const made = new uPlot(
      options(data, { share, unit, height, width: element.clientWidth }, callbacks),
      data.table,
      element,
    );
    plot.current = made;
    const reset = () => onZoom(undefined);
    made.over.addEventListener("dblclick", reset);
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [key, theme, share, unit, height]);

  useEffect(() => {
    if (drawn.length > 0) plot.current?.setData(chartData(drawn, smoothing, share).table);
  }, [version, range[0], range[1], smoothing, props.marks?.length]);

  const format = share ? formatPercent : formatNumber;
  return (
    <figure class="panel chart">
      <figcaption>
        <h3>{title}</h3>
        {hovered !== undefined && (
          <span class="hint">
            {unit.slice(0, -1)} {formatNumber(Math.round(hovered))}
          </span>
        )}
        <ul>
          {lines.map(({ name, series, color, dashed }) => (
            <li key={name}>
              <i class={`swatch ${color} ${dashed ? "dashed" : ""}`} />
              {name} <b>{format(valueAt(series, hovered))}</b>
            </li>
          ))}
        </ul>
      </figcaption>
      {drawn.length === 0 ? (
        <p class="hint empty-chart">{props.empty ?? "Curves start with the end of the first episode."}</p>
      ) : (
        <div class="plot" ref={box} aria-hidden="true" />
      )}
    </figure>
  );
}

/** The value at the step under the cursor; without a cursor the latest. */
function valueAt(series: BoundedSeries | undefined, step: number | undefined): number | undefined {
  if (series === undefined || step === undefined) return series?.last;
  const after = series.x.findIndex((x) => x > step);
  return after < 0 ? series.y.at(-1) : series.y[Math.max(0, after - 1)];
}

interface Callbacks {
  /** The latest props. */
  props(): ChartProps;
  onHover(step: number | undefined): void;
  onZoom(range: StepRange | undefined): void;
}

interface Size {
  readonly share: boolean;
  readonly unit: ProgressUnit;
  readonly width: number;
  readonly height: number;
}

const X_LABELS = { steps: "environment steps", updates: "updates" } as const;

function options({ curves }: ChartData, { share, unit, ...size }: Size, callbacks: Callbacks): uPlot.Options {
  const font = "12px Inter Variable, system-ui, sans-serif";
  const axis: uPlot.Axis = {
    stroke: cssColor("muted"),
    grid: { stroke: cssColor("grid"), width: 1 },
    ticks: { show: false },
    font,
  };
  return {
    ...size,
    legend: { show: false },
    cursor: {
      sync: { key: SYNC_KEY, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      y: false,
    },
    padding: [8, 12, 0, 0],
    scales: {
      x: { time: false, range: () => [...callbacks.props().range] as [number, number] },
      y: { range: share ? [0, 1] : (_, low, high) => valueRange(low, high) },
    },
    axes: [
      {
        ...axis,
        size: 24,
        label: X_LABELS[unit],
        labelSize: 18,
        labelFont: font,
        labelGap: 0,
        values: (_, ticks) => ticks.map((tick) => (tick >= 1000 ? `${tick / 1000}k` : String(tick))),
      },
      {
        ...axis,
        size: 50,
        values: (_, ticks) => ticks.map((tick) => (share ? formatPercent(tick) : formatNumber(tick))),
      },
    ],
    series: [{}, ...curves.map(styleOf)],
    hooks: {
      setCursor: [
        (plot) => callbacks.onHover(plot.cursor.idx == null ? undefined : plot.posToVal(plot.cursor.left!, "x")),
      ],
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width >= LEAST_DRAG_PX) callbacks.onZoom([plot.posToVal(left, "x"), plot.posToVal(left + width, "x")]);
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
      draw: [
        (plot) => {
          const { reference, marks = [] } = callbacks.props();
          if (reference) drawReference(plot, reference, cssColor("muted"));
          drawMarks(plot, marks, cssColor("policy"), cssColor("surface"));
        },
      ],
    },
  };
}

function styleOf({ color, look, dashed }: ChartData["curves"][number]): uPlot.Series {
  const stroke = cssColor(color);
  if (look === "dots") {
    const dots = { show: true, size: 4, width: 0, fill: `${stroke}66` };
    return { stroke, paths: () => null, points: dots, spanGaps: true };
  }
  return {
    stroke: look === "faint" ? `${stroke}40` : stroke,
    width: look === "faint" ? 1 : 2,
    spanGaps: true,
    points: { show: (plot: uPlot) => look === "line" && plot.data[0].length < FEW_POINTS, size: 5, fill: stroke },
    ...(dashed && { dash: [5, 4] }),
  };
}
