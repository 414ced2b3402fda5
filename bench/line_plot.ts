/** A small line plot as SVG: one translucent line per run and their mean, readable in light and dark pages. */

export interface PlotSeries {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface PlotOptions {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly series: readonly PlotSeries[];
  /** A horizontal line with a name, such as a target. */
  readonly reference?: { readonly name: string; readonly y: number };
}

const WIDTH = 720;
const HEIGHT = 420;
const MARGIN = { top: 48, right: 24, bottom: 56, left: 72 };
const COLORS = ["#2563eb", "#d97706", "#059669", "#db2777", "#7c3aed", "#0891b2", "#65a30d", "#dc2626"];

export function linePlot({ title, xLabel, yLabel, series, reference }: PlotOptions): string {
  const all = series.flatMap(({ points }) => points);
  const xs = niceRange(all.map(([x]) => x));
  const ys = niceRange([...all.map(([, y]) => y), ...(reference ? [reference.y] : [])]);
  const x = (value: number) =>
    MARGIN.left + ((value - xs.low) / (xs.high - xs.low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (value: number) =>
    HEIGHT - MARGIN.bottom - ((value - ys.low) / (ys.high - ys.low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const text = (at: string, value: string) => `<text ${at} fill="#475569">${value}</text>`;
  const ticks = [
    ...xs.ticks.map((tick) =>
      text(`x="${x(tick)}" y="${HEIGHT - MARGIN.bottom + 20}" text-anchor="middle"`, label(tick)),
    ),
    ...ys.ticks.map(
      (tick) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(tick)}" y2="${y(tick)}" stroke="#e2e8f0"/>` +
        text(`x="${MARGIN.left - 10}" y="${y(tick) + 4}" text-anchor="end"`, label(tick)),
    ),
  ];
  const lines = series.map(({ name, points }, i) => {
    const path = points.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(" ");
    return `<polyline points="${path}" fill="none" stroke="${COLORS[i % COLORS.length]}" stroke-width="1.5" stroke-opacity="0.8"><title>${name}</title></polyline>`;
  });
  const legend = series.map(({ name }, i) => {
    const color = COLORS[i % COLORS.length];
    return `<g transform="translate(${MARGIN.left + 12 + (i % 6) * 100} ${HEIGHT - MARGIN.bottom - 14 - Math.floor(i / 6) * 18})"><rect width="12" height="3" y="-4" fill="${color}"/>${text('x="18"', name)}</g>`;
  });
  const target = reference
    ? `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(reference.y)}" y2="${y(reference.y)}" stroke="#0f172a" stroke-dasharray="6 4"/>` +
      text(`x="${WIDTH - MARGIN.right - 4}" y="${y(reference.y) - 6}" text-anchor="end"`, reference.name)
    : "";
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="${MARGIN.left}" y="28" font-size="16" font-weight="600" fill="#0f172a">${title}</text>
${ticks.join("\n")}
${lines.join("\n")}
${target}
${legend.join("\n")}
${text(`x="${(WIDTH + MARGIN.left) / 2}" y="${HEIGHT - 12}" text-anchor="middle"`, xLabel)}
${text(`transform="translate(18 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle"`, yLabel)}
</svg>
`;
}

function niceRange(values: readonly number[]): { low: number; high: number; ticks: number[] } {
  const [min, max] = [Math.min(...values), Math.max(...values)];
  const rough = (max - min || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const low = Math.floor(min / step) * step;
  const high = Math.ceil(max / step) * step;
  return { low, high, ticks: Array.from({ length: Math.round((high - low) / step) + 1 }, (_, i) => low + i * step) };
}

function label(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString("en");
}
