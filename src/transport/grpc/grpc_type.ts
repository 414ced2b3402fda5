/** Registration of gRPC as a run's transport. */
import { lookup } from "node:dns/promises";
import { z } from "zod";
import { namingSettings, requirePort, tryPort } from "../../utils/listen_error.ts";
import { settingsOfConfig, transportConfigFields } from "../settings.ts";
import type { RunNetwork, TransportFinding, TransportType } from "../transport_type.ts";
import { formatAddress } from "./address.ts";
import { GrpcTransport } from "./grpc_transport.ts";
import { isLoopback } from "./security.ts";

const schema = z.strictObject({
  type: z.literal("grpc").describe("gRPC, on one machine or several; policy.actor_learner_config has host and port."),
  ...transportConfigFields,
});

const ADDRESS = {
  host: "policy.actor_learner_config.learner_host",
  port: "policy.actor_learner_config.learner_port",
};

export const grpcType: TransportType<z.output<typeof schema>> = {
  schema,
  create: (config, network) => new GrpcTransport(network, settingsOfConfig(config)),
  address: (_, { host, port }) => formatAddress(host, port),
  takesTokenAndTls: true,
  requireFree: (_, { host, port }) => requirePort(host, port).catch(namingSettings(ADDRESS)),
  inspect: async (_, network) => [await inspect(network)],
};

async function inspect({ host, port }: RunNetwork): Promise<TransportFinding> {
  const address = await lookup(host).catch(() => undefined);
  if (address === undefined) {
    const what = `the learner's host "${host}" cannot be resolved`;
    const todo = `Correct ${ADDRESS.host}, or write the learner's IP address.`;
    return { level: "error", what, why: "Actors could not connect to it.", todo };
  }
  if (port === 0) return { level: "ok", what: `the learner uses any free port on ${host}` };
  return await inspectPort(address.address, host, port);
}

/** Tries the port for a moment. A foreign host is taken for the learner's machine. */
async function inspectPort(address: string, host: string, port: number): Promise<TransportFinding> {
  const failure = await tryPort(address, port);
  if (failure === undefined) {
    const secret = isLoopback(host) ? "" : "; beyond this machine, learner and actors need a common token";
    return { level: "ok", what: `${host}:${port} is free for the learner${secret}` };
  }
  if (failure.code === "EADDRNOTAVAIL") {
    return { level: "ok", what: `the learner is on another machine: ${host} (${address})` };
  }
  const what = `${host}:${port} cannot be listened on (${failure.code})`;
  const why = "If that is the learner of this run, this is fine; otherwise a learner cannot start here.";
  const todo = `End the other program, or write another ${ADDRESS.port}.`;
  return { level: "warning", what, why, todo };
}
