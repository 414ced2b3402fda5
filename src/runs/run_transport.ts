/** The transport of a run: what the config names, or what suits its processes. */
import type { TrainRLServerPipelineConfig } from "../settings/config.ts";
import { runSettingsOf } from "../settings/run_settings.ts";
import { RunTransport } from "../transport/registry.ts";
import type { RunNetwork, TransportConfig } from "../transport/transport_type.ts";

type Security = Pick<RunNetwork, "token" | "tls">;

/**
 * What the config names; by default gRPC.
 *
 * @throws Error for a token or TLS options that it does not apply.
 */
export function runTransport(config: TrainRLServerPipelineConfig, security: Security = {}): RunTransport {
  return transportOf(config, { type: "grpc" }, security);
}

/**
 * The same for a learner or an actor in a process of its own.
 *
 * @throws ConfigError where the config names one that joins no processes; what `runTransport` throws.
 */
export function betweenProcesses(config: TrainRLServerPipelineConfig, security: Security = {}): RunTransport {
  const transport = runTransport(config, security);
  transport.requireSeveralProcesses();
  return transport;
}

/** What the config names for a learner and an actor in one process; by default memory. */
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
