/** The option of commands that serve a run's metrics to Prometheus. */
import type { Command } from "commander";
import { prometheusRegistry } from "../metrics/prometheus/run_metrics.ts";
import { serveMetrics } from "../metrics/prometheus/serve_metrics.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import { nonNegativeInteger } from "./arguments.ts";

export interface MetricsCommandOptions {
  readonly metricsPort?: number;
}

export function addMetricsOption(command: Command): Command {
  return command.option(
    "--metrics-port <port>",
    "also serve the metrics to Prometheus on this port; 0 chooses one",
    nonNegativeInteger,
  );
}

/** @returns undefined unless it is asked for. */
export async function serveChosenMetrics(events: RunEvents, { metricsPort: port }: MetricsCommandOptions) {
  return port === undefined ? undefined : await serveMetrics(prometheusRegistry(events), { port });
}
