/** Chooses a run's transport: the config's, or the default for its processes. */
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import { RunTransport } from "../transport/registry.ts";
import type { RunNetwork, TransportConfig } from "../transport/transport_type.ts";

type Security = Pick<RunNetwork, "token" | "tls">;

/**
 * The transport that the config names. Default: gRPC.
 *
 * @throws Error for a token or TLS options that it does not support.
 */
export function runTransport(config: TrainRLServerPipelineConfig, security: Security = {}): RunTransport {
  return transportOf(config, { type: "grpc" }, security);
}

/**
 * The transport for a learner or an actor in its own process.
 *
 * @throws ConfigError if the config names one that cannot connect processes; what `runTransport` throws.
 */
export function betweenProcesses(config: TrainRLServerPipelineConfig, security: Security = {}): RunTransport {
  const transport = runTransport(config, security);
  transport.requireSeveralProcesses();
  return transport;
}

/** The transport for a learner and an actor in one process. Default: in memory. */
export function withinOneProcess(config: TrainRLServerPipelineConfig): RunTransport {
  return transportOf(config, { type: "in_process" });
}

function transportOf(
  config: TrainRLServerPipelineConfig,
  standard: TransportConfig,
  { token, tls }: Security = {},
): RunTransport {
  const network = { ...runSettingsOf(config).learnerAddress, ...(token && { token }), ...(tls && { tls }) };
  return new RunTransport(config.handrail.transport ?? standard, network);
}
