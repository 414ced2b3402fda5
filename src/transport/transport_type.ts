/** What is registered for a medium that actors and learner may talk over. */
import type { z } from "zod";
import type { TypedConfig } from "../config/schema/registry.ts";
import type { TlsOptions } from "./grpc/security.ts";
import type { Transport } from "./transport.ts";

/** The least a transport's config has: the name it is registered under. */
export type TransportConfig = TypedConfig;

/** What a run knows about its network besides the transport's own config. */
export interface RunNetwork {
  /** The learner's host and port, from `policy.actor_learner_config`. Port 0: any free one. */
  readonly host: string;
  readonly port: number;
  /** The secret that learner and actors share. */
  readonly token?: string;
  readonly tls?: TlsOptions;
}

/** What the doctor says about a transport. */
export interface TransportFinding {
  /** error: learner and actors will not meet. warning: it may well be a mistake. */
  readonly level: "ok" | "warning" | "error";
  /** What was found, with the setting's name and its value. */
  readonly what: string;
  /** What follows from it. */
  readonly why?: string;
  /** What to write or do instead. */
  readonly todo?: string;
}

export interface TransportType<Config extends TransportConfig = TransportConfig> {
  /** Strict, with `type: z.literal(type)`. The config is `handrail.transport`. */
  readonly schema: z.ZodType<Config>;
  /** The transport of one process. Nothing is opened yet. `handrail train` asks the same one for both endpoints. */
  create(config: Config, network: RunNetwork): Transport | Promise<Transport>;
  /** Where actors find the learner, for people to read. */
  address(config: Config, network: RunNetwork): string;
  /** Joins a learner and an actor of one process only: `handrail learner` and `handrail actor` refuse it. */
  readonly withinOneProcess?: boolean;
  /** Applies `network.token` and `network.tls`. A run that has either refuses other types: they would leave it unprotected. */
  readonly takesTokenAndTls?: boolean;
  /** Called before a learner records demonstrations, which takes minutes. @throws Error where it could not listen. */
  requireFree?(config: Config, network: RunNetwork): Promise<void>;
  /** For the doctor; may look, but leaves nothing behind. */
  inspect?(config: Config, network: RunNetwork): Promise<readonly TransportFinding[]>;
}
