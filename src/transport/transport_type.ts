/** A registered medium between actors and learner. */
import type { z } from "zod";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { TlsOptions } from "./grpc/security.ts";
import type { Transport } from "./transport.ts";

/** The minimum of a transport's config: its registered name. */
export type TransportConfig = TypedConfig;

/** Network settings of a run besides the transport's own config. */
export interface RunNetwork {
  /** The learner's host and port, from `policy.actor_learner_config`. Port 0: any free port. */
  readonly host: string;
  readonly port: number;
  /** The shared secret of learner and actors. */
  readonly token?: string;
  readonly tls?: TlsOptions;
}

/** A finding of the doctor about a transport. */
export interface TransportFinding {
  /** error: learner and actors cannot connect. warning: probably a mistake. */
  readonly level: "ok" | "warning" | "error";
  /** The finding, with the setting's name and value. */
  readonly what: string;
  /** Its consequence. */
  readonly why?: string;
  /** Advice on what to do instead. */
  readonly todo?: string;
}

export interface TransportType<Config extends TransportConfig = TransportConfig> {
  /** Strict, with `type: z.literal(type)`. The config is `handrail.transport`. */
  readonly schema: z.ZodType<Config>;
  /** Creates the transport of one process without opening anything. `handrail train` uses one for both endpoints. */
  create(config: Config, network: RunNetwork): Transport | Promise<Transport>;
  /** The learner's address, for people to read. */
  address(config: Config, network: RunNetwork): string;
  /** Connects only within one process: `handrail learner` and `handrail actor` refuse it. */
  readonly withinOneProcess?: boolean;
  /** Supports `network.token` and `network.tls`. A run with either refuses other types, which would leave it unprotected. */
  readonly takesTokenAndTls?: boolean;
  /** Called before a learner records demonstrations, which takes minutes. @throws Error if it cannot listen. */
  requireFree?(config: Config, network: RunNetwork): Promise<void>;
  /** For the doctor; may test the network but must leave nothing behind. */
  inspect?(config: Config, network: RunNetwork): Promise<readonly TransportFinding[]>;
}
