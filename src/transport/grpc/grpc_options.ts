/** Address and security options of a gRPC learner and its actors. */
import type { TlsOptions } from "./security.ts";

export interface GrpcOptions {
  /** For a learner the address to listen on, for an actor the learner's host. */
  readonly host: string;
  /** For a learner, 0 picks a free port; see `LearnerEndpoint.address`. */
  readonly port: number;
  /** Shared secret, at least 16 visible ASCII characters. Required for a learner that listens beyond loopback. */
  readonly token?: string;
  readonly tls?: TlsOptions;
}
