/** Where a gRPC learner listens and its actors connect, and how they trust each other. */
import type { TlsOptions } from "./security.ts";

/**
 * HTTP/2 bytes under way per stream before the receiver must read. The default of 64 KiB makes every 2 MiB frame wait
 * for 32 round trips.
 */
export const FLOW_CONTROL_WINDOW_BYTES = 4 * 2 ** 20;

export interface GrpcOptions {
  /** For a learner the address to listen on, for an actor the learner's host. */
  readonly host: string;
  /** For a learner, 0 picks a free port; see `LearnerEndpoint.address`. */
  readonly port: number;
  /** Shared secret, at least 16 visible ASCII characters. Required for a learner that listens beyond loopback. */
  readonly token?: string;
  readonly tls?: TlsOptions;
}
