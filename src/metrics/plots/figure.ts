/** Line plots as SVG: stacked panels over a common x axis, on a light background, readable at 800 pixels. */
import { downsample, type Series } from "../series.ts";
import { type Axis, type AxisFormat, linearAxis, logAxis } from "./axis.ts";

export interface PlotSeries {
  readonly name: string;
  readonly points: Series;
  /** `faint` (a thin line) and `cloud` (dots) are for raw values behind a mean and are not in the legend. */
  readonly style?: "line" | "dashed" | "marks" | "faint" | "cloud";
  readonly color?: string;
  /** Vertical bars, such as confidence intervals. */
  readonly intervals?: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

export interface Panel {
  /** With the unit. */
  readonly yLabel: string;
  readonly series: readonly PlotSeries[];
  /** A labelled horizontal line, such as a target. */
  readonly reference?: { readonly name: string; readonly y: number } | undefined;
  readonly yRange?: readonly [low: number, high: number];
  readonly format?: AxisFormat;
  /** Powers of ten; only if every value is positive. */
  readonly logarithmic?: boolean;
}

export interface Figure {
  readonly title: string;
  readonly subtitle?: string | undefined;
  readonly xLabel: string;
  readonly panels: readonly Panel[];
}

export const COLORS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7c3aed", "#0891b2", "#65a30d", "#b45309"] as const;

const WIDTH = 800;
const LEFT = 84;
const RIGHT = 28;
const LEGEND_ROW = 20;
const BOTTOM = 56;
const PANEL_GAP = 30;
const MAXIMUM_POINTS = 1500;
const INK = "#0f172a";
const GREY = "#475569";
const GRID = "#e2e8f0";
/** Keeps text readable on lines. */
const HALO = 'stroke="#ffffff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"';

export function renderFigure({ title, subtitle, xLabel, panels }: Figure): string {
  const single = panels.length === 1;
  const panelHeight = single ? 330 : 190;
  const xs = panels.flatMap(({ series }) => series.flatMap(({ points }) => points.map(({ x }) => x)));
  const x = linearAxis(xs.every((value) => value >= 0) ? [0, ...xs] : xs, { tight: true, ticks: 7 });
  let top = subtitle ? 62 : 44;
  const drawn = panels.map((panel) => {
    const series = panel.series.map((one, i) => ({ ...one, color: one.color ?? COLORS[i % COLORS.length]! }));
    const rows = legendRows(series);
    top += 8 + LEGEND_ROW * rows.length;
    const svg = [legend(rows, top), renderPanel({ ...panel, series }, { x, top, height: panelHeight })].join("\n");
    top += panelHeight + PANEL_GAP;
    return svg;
  });
  const height = top - PANEL_GAP + BOTTOM;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="13" role="img" aria-label="${escapeXml(title)}">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="20" y="30" font-size="18" font-weight="600" fill="${INK}">${escapeXml(title)}</text>
${subtitle ? text(`x="20" y="50"`, subtitle) : ""}
${drawn.join("\n")}
${text(`x="${(LEFT + WIDTH - RIGHT) / 2}" y="${height - 14}" text-anchor="middle"`, xLabel)}
</svg>
`;
}

interface Place {
  readonly x: Axis;
  /** Of the frame, in pixels. */
  readonly top: number;
  readonly height: number;
}

function renderPanel(panel: ColoredPanel, { x, top, height }: Place): string {
  const y = yAxis(panel);
  const toX = (value: number) => LEFT + x.position(value) * (WIDTH - LEFT - RIGHT);
  const toY = (value: number) => top + (1 - y.position(value)) * height;
  const grid = y.ticks.map(
    ({ value, label }) =>
      `${horizontal(toY(value), `stroke="${GRID}"`)}${text(`x="${LEFT - 10}" y="${px(toY(value) + 4)}" text-anchor="end"`, label)}`,
  );
  const below = x.ticks.map(
    ({ value, label }) =>
      `<line x1="${px(toX(value))}" x2="${px(toX(value))}" y1="${top + height}" y2="${top + height + 5}" stroke="${GREY}"/>${text(`x="${px(toX(value))}" y="${top + height + 20}" text-anchor="middle"`, label)}`,
  );
  const target = panel.reference && [
    horizontal(toY(panel.reference.y), `stroke="${INK}" stroke-dasharray="6 4"`),
    text(
      `x="${WIDTH - RIGHT - 4}" y="${px(toY(panel.reference.y) - 6)}" text-anchor="end" ${HALO}`,
      panel.reference.name,
    ),
  ];
  return [
    ...grid,
    horizontal(top + height, `stroke="${GREY}"`),
    ...below,
    ...panel.series.map((series) => renderSeries(series, toX, toY)),
    ...(target ?? []),
    text(`transform="translate(20 ${top + height / 2}) rotate(-90)" text-anchor="middle"`, panel.yLabel),
  ].join("\n");
}

function yAxis({ series, reference, yRange, format, logarithmic }: Panel): Axis {
  const values = [
    ...series.flatMap(({ points, intervals = [] }) => [
      ...points.map(({ y }) => y),
      ...intervals.flatMap(({ low, high }) => [low, high]),
    ]),
    ...(reference ? [reference.y] : []),
  ].filter(Number.isFinite);
  if (logarithmic && values.length > 0 && values.every((value) => value > 0)) return logAxis(values);
  return linearAxis(values, { range: yRange, ...(format && { format }) });
}

type Scale = (value: number) => number;
type ColoredSeries = PlotSeries & { readonly color: string };
type ColoredPanel = Omit<Panel, "series"> & { readonly series: readonly ColoredSeries[] };

function renderSeries(
  { name, points, style = "line", color, intervals = [] }: ColoredSeries,
  toX: Scale,
  toY: Scale,
): string {
  const title = `<title>${escapeXml(name)}</title>`;
  const bars = intervals.map(({ x, low, high }) => `M${px(toX(x))} ${px(toY(low))}V${px(toY(high))}`).join("");
  const bar = bars && `<path d="${bars}" stroke="${color}" stroke-width="1.5"/>`;
  if (style === "marks" || style === "cloud") {
    const shown = downsample(finite(points), MAXIMUM_POINTS);
    const [radius, look] = style === "marks" ? [4, 'stroke="#ffffff"'] : [2, 'fill-opacity="0.3"'];
    const dots = shown.map(({ x, y }) => `<circle cx="${px(toX(x))}" cy="${px(toY(y))}" r="${radius}"/>`);
    return `${bar}<g fill="${color}" ${look}>${title}${dots.join("")}</g>`;
  }
  const paths = runs(points).map(
    (run) =>
      `M${downsample(run, MAXIMUM_POINTS)
        .map(({ x, y }) => `${px(toX(x))} ${px(toY(y))}`)
        .join("L")}`,
  );
  const stroke = {
    line: 'stroke-width="2"',
    dashed: 'stroke-width="2" stroke-dasharray="5 4"',
    faint: 'stroke-opacity="0.25"',
  }[style];
  return `${bar}<path d="${paths.join("")}" fill="none" stroke="${color}" stroke-linejoin="round" stroke-linecap="round" ${stroke}>${title}</path>`;
}

/** The legend, broken into rows that fit. */
function legendRows(series: readonly ColoredSeries[]): ColoredSeries[][] {
  const rows: ColoredSeries[][] = [];
  let end = Number.POSITIVE_INFINITY;
  for (const one of series.filter(({ style }) => style !== "faint" && style !== "cloud")) {
    if (end + legendWidth(one) > WIDTH - RIGHT) {
      rows.push([]);
      end = LEFT;
    }
    rows.at(-1)!.push(one);
    end += legendWidth(one);
  }
  return rows;
}

function legend(rows: readonly (readonly ColoredSeries[])[], bottom: number): string {
  return rows
    .map((row, i) => {
      let x = LEFT;
      const entries = row.map((series) => {
        const entry = `<g transform="translate(${px(x)} 0)">${legendSample(series)}${text('x="26"', series.name)}</g>`;
        x += legendWidth(series);
        return entry;
      });
      return `<g transform="translate(0 ${bottom - 10 - (rows.length - 1 - i) * LEGEND_ROW})">${entries.join("")}</g>`;
    })
    .join("\n");
}

function legendSample({ style, color }: ColoredSeries): string {
  if (style === "marks") return `<circle cx="10" cy="-4" r="4" fill="${color}"/>`;
  const dashes = style === "dashed" ? ' stroke-dasharray="5 4"' : "";
  return `<line x2="20" y1="-4" y2="-4" stroke="${color}" stroke-width="3"${dashes}/>`;
}

/** Width in pixels. Without font metrics, 7.3 is a wide character at this size. */
function legendWidth({ name }: ColoredSeries): number {
  return 26 + 7.3 * name.length + 18;
}

/** Runs of finite points: a line has a gap at a missing value instead of bridging it. */
function runs(points: Series): Series[] {
  const found: Series[] = [];
  let start = 0;
  for (let i = 0; i <= points.length; i++) {
    if (i < points.length && Number.isFinite(points[i]!.y)) continue;
    if (i > start) found.push(points.slice(start, i));
    start = i + 1;
  }
  return found;
}

function finite(points: Series): Series {
  return points.filter(({ y }) => Number.isFinite(y));
}

function horizontal(y: number, attributes: string): string {
  return `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y)}" y2="${px(y)}" ${attributes}/>`;
}

function text(attributes: string, value: string): string {
  return `<text ${attributes} fill="${GREY}">${escapeXml(value)}</text>`;
}

function escapeXml(value: string): string {
  return value.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}
