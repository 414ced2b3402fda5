/** Draws evaluations with their intervals, and the goal line, on a chart. */
import type uPlot from "uplot";

export interface ChartMark {
  /** Environment step. */
  readonly x: number;
  readonly y: number;
  readonly low: number;
  readonly high: number;
}

const DIAMOND_PX = 5;

/** Draws diamonds with the interval as a vertical line. */
export function drawMarks(plot: uPlot, marks: readonly ChartMark[], color: string, halo: string): void {
  const { ctx } = plot;
  const ratio = devicePixelRatio;
  const { min = 0, max = 0 } = plot.scales.x ?? {};
  ctx.save();
  ctx.setLineDash([]);
  for (const { x, y, low, high } of marks) {
    if (x < (min ?? 0) || x > (max ?? 0)) continue;
    const left = plot.valToPos(x, "x", true);
    const middle = plot.valToPos(y, "y", true);
    const size = DIAMOND_PX * ratio;
    ctx.strokeStyle = color;
    ctx.lineWidth = 1.5 * ratio;
    ctx.beginPath();
    ctx.moveTo(left, plot.valToPos(low, "y", true));
    ctx.lineTo(left, plot.valToPos(high, "y", true));
    ctx.stroke();
    ctx.fillStyle = color;
    ctx.strokeStyle = halo;
    ctx.beginPath();
    ctx.moveTo(left, middle - size);
    ctx.lineTo(left + size, middle);
    ctx.lineTo(left, middle + size);
    ctx.lineTo(left - size, middle);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}

/** Draws a dashed line over the whole width with its name at the left end. */
export function drawReference(
  plot: uPlot,
  { name, y }: { readonly name: string; readonly y: number },
  color: string,
): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const at = plot.valToPos(y, "y", true);
  ctx.save();
  ctx.strokeStyle = color;
  ctx.fillStyle = color;
  ctx.lineWidth = ratio;
  ctx.setLineDash([6 * ratio, 4 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, at);
  ctx.lineTo(bbox.left + bbox.width, at);
  ctx.stroke();
  ctx.font = `${12 * ratio}px Inter Variable, system-ui, sans-serif`;
  ctx.textAlign = "left";
  ctx.fillText(name, bbox.left + 6 * ratio, at + 15 * ratio);
  ctx.restore();
}
