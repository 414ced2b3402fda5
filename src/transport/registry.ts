/** Transports by the `type` of their config. A plug-in is a module that calls `registerTransport` when it is imported. */
import type { z } from "zod";
import { ConfigError } from "../config/error.ts";
import { parseConfig } from "../config/parse.ts";
import { TypeRegistry } from "../config/schema/registry.ts";
import { grpcType } from "./grpc/grpc_type.ts";
import { inProcessType } from "./in_process/in_process_type.ts";
import type { Transport } from "./transport.ts";
import type { RunNetwork, TransportConfig, TransportFinding, TransportType } from "./transport_type.ts";

/** The transports that a config can name. */
export const transportConfigs = new TypeRegistry<TransportConfig>("transport");

const types = new Map<string, TransportType>();

/**
 * Makes `type` available to configs (`handrail.transport`) and to `makeTransport`.
 *
 * @throws Error if the type is taken.
 */
export function registerTransport<Config extends TransportConfig>(
  type: string,
  transportType: TransportType<Config>,
): void {
  transportConfigs.register(type, transportType.schema as unknown as z.ZodType<TransportConfig>);
  types.set(type, transportType as unknown as TransportType);
}

/** Creates the transport of a config. @throws ConfigError for an unknown type or key. */
export async function makeTransport(
  config: TransportConfig & Readonly<Record<string, unknown>>,
  network: RunNetwork,
): Promise<Transport> {
  return await new RunTransport(config, network).make();
}

/** The transport of a run, not created yet. */
export class RunTransport {
  readonly #config: TransportConfig;
  readonly #type: TransportType;
  readonly #network: RunNetwork;

  /** @throws ConfigError for an unknown type or key; Error for a token or TLS options that the type does not support. */
  constructor(config: TransportConfig, network: RunNetwork) {
    this.#config = parseConfig(transportConfigs.schema, config);
    this.#type = types.get(this.#config.type)!;
    this.#network = network;
    const hasSecrets = network.token !== undefined || network.tls !== undefined;
    if (hasSecrets && !this.#type.takesTokenAndTls) {
      throw new Error(
        `the transport "${this.type}" applies neither a token nor TLS: leave out --token-file, HANDRAIL_TOKEN and ` +
          "--tls-*, or choose another handrail.transport",
      );
    }
  }

  get type(): string {
    return this.#config.type;
  }

  /** The learner's address, for people to read. */
  get address(): string {
    return this.#type.address(this.#config, this.#network);
  }

  /** @throws ConfigError if learner and actor must share a process. */
  requireSeveralProcesses(): void {
    if (!this.#type.withinOneProcess) return;
    const others = [...types].filter(([, type]) => !type.withinOneProcess).map(([name]) => `"${name}"`);
    const message =
      `"${this.type}" joins a learner and an actor of one process, as in \`handrail train\`; \`handrail learner\` and ` +
      `\`handrail actor\` are two. Choose ${others.join(" or ")}`;
    throw new ConfigError([{ path: "handrail.transport.type", message }]);
  }

  async make(): Promise<Transport> {
    return await this.#type.create(this.#config, this.#network);
  }

  /** @throws Error if a learner could not listen. */
  async requireFree(): Promise<void> {
    await this.#type.requireFree?.(this.#config, this.#network);
  }

  /** The doctor's findings about it. */
  async inspect(): Promise<readonly TransportFinding[]> {
    const met = { level: "ok", what: `learner and actors meet at ${this.address} (${this.type})` } as const;
    return (await this.#type.inspect?.(this.#config, this.#network)) ?? [met];
  }
}

registerTransport("grpc", grpcType);
registerTransport("in_process", inProcessType);
