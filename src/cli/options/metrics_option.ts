/** The option of commands that serve a run's metrics to Prometheus. */
import type { Command } from "commander";
import { prometheusRegistry } from "../../metrics/prometheus/run_metrics.ts";
import { serveMetrics } from "../../metrics/prometheus/serve_metrics.ts";
import type { RunEvents } from "../../metrics/run_events.ts";
import { namingSettings } from "../../utils/listen_error.ts";
import { port } from "./arguments.ts";

export interface MetricsCommandOptions {
  readonly metricsPort?: number;
}

export function addMetricsOption(command: Command): Command {
  return command.option(
    "--metrics-port <port>",
    "also serve the metrics to Prometheus on this port, such as 9464; 0 takes any free one (default: not served)",
    port,
  );
}

/** @returns undefined without `--metrics-port`. */
export async function serveChosenMetrics(events: RunEvents, { metricsPort }: MetricsCommandOptions) {
  if (metricsPort === undefined) return undefined;
  return await serveMetrics(prometheusRegistry(events), { port: metricsPort }).catch(
    namingSettings({ port: "--metrics-port" }),
  );
}
