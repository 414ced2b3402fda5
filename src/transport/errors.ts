/** The transport's one error type: its code gives the cause and whether a retry can help. */

/** Codes that a retry may cure. */
const RETRYABLE = [
  /** The other side is not reachable (yet). */
  "unavailable",
  /** A wait ended without an answer. */
  "deadline",
  /** The learner's handler failed; the actor keeps the records. */
  "failed",
  /** Bytes changed in transit; a new connection sends them again. */
  "corrupt",
  /** The other side does not read what it receives. */
  "stalled",
] as const;

/** Codes that a retry cannot cure. */
const FATAL = [
  /** Missing or wrong token, or a client certificate that is not trusted. */
  "unauthenticated",
  /** The two sides speak different protocol versions. */
  "version",
  /** Bytes that violate the protocol. */
  "malformed",
  /** A message over the size limit. */
  "too-large",
  /** The learner's handler rejected a record. */
  "refused",
  /** Another stream took over this actor session. */
  "superseded",
  /** The outbox holds records of another training run. */
  "wrong-run",
  /** The outbox had no room within the caller's deadline. */
  "outbox-full",
  /** The outbox folder is damaged, locked, or older than the learner's state. */
  "outbox",
  /** The endpoint was closed. */
  "closed",
] as const;

const CODES = [...RETRYABLE, ...FATAL] as const;
export type TransportErrorCode = (typeof CODES)[number];

export function isTransportErrorCode(value: string): value is TransportErrorCode {
  return (CODES as readonly string[]).includes(value);
}

export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly code: TransportErrorCode;

  constructor(code: TransportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether the same attempt may succeed later without a change. */
  get retryable(): boolean {
    return (RETRYABLE as readonly string[]).includes(this.code);
  }
}
