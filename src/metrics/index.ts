/** Events of a run, and their outputs: logs, plots, TensorBoard, Prometheus. */
export * from "./browser.ts";
export { EventFile, type EventFileOptions } from "./files/event_file.ts";
export { type ComparedRun, type ComparisonOptions, comparisonPlot } from "./plots/comparison.ts";
export { type Figure, type Panel, type PlotSeries, renderFigure } from "./plots/figure.ts";
export { type RunPlotsOptions, runPlots } from "./plots/run_plots.ts";
export { readRunHistory, type WriteRunPlotsOptions, writeRunPlots } from "./plots/write_run_plots.ts";
export { type PrometheusOptions, prometheusRegistry } from "./prometheus/run_metrics.ts";
export {
  type MetricsServer,
  metricsHandler,
  type ServeMetricsOptions,
  serveMetrics,
} from "./prometheus/serve_metrics.ts";
export { readRunLog, type SkippedLine } from "./read_run_log.ts";
export { type RunRecording, recordRun, TENSORBOARD_FOLDER } from "./record_run.ts";
export { openRunLog, RUN_LOG_FILE } from "./run_log.ts";
export { openTensorBoardLog, type TensorBoardLogOptions } from "./tensorboard/tensorboard_log.ts";
