/** Whatever an algorithm reports, a chart for each metric: losses first. For algorithms that the page does not know. */
import type { BoundedSeries } from "../../model/bounded_series.ts";
import { Chart, type ChartProps } from "./chart.tsx";
import { ChartGroup } from "./chart_group.tsx";

export interface MetricChartsProps {
  readonly common: Pick<ChartProps, "theme" | "version" | "smoothing" | "onZoom" | "range" | "unit">;
  readonly metrics: ReadonlyMap<string, BoundedSeries>;
  /** Updates between two reports; undefined where that is not known. */
  readonly reportEvery: number | undefined;
}

export function MetricCharts({ common, metrics, reportEvery }: MetricChartsProps) {
  const isLoss = (name: string) => name.startsWith("loss");
  const names = [...metrics.keys()].sort();
  const chart = (name: string) => (
    <Chart
      key={name}
      title={inWords(name)}
      lines={[{ name: "mean", series: metrics.get(name), color: "machine" }]}
      {...common}
    />
  );
  const others = names.filter((name) => !isLoss(name));
  return (
    <>
      <ChartGroup title="Losses">
        {names.filter(isLoss).map(chart)}
        {names.length === 0 && <Chart title="Losses" lines={[]} empty={firstReport(reportEvery)} {...common} />}
      </ChartGroup>
      {others.length > 0 && <ChartGroup title="Further metrics">{others.map(chart)}</ChartGroup>}
    </>
  );
}

function firstReport(every: number | undefined): string {
  return every === undefined
    ? "Curves begin with the first report."
    : `Curves begin after ${every} updates (log_freq).`;
}

/** "loss_action" as "Loss action". */
function inWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
