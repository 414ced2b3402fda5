/** One error type for the whole transport: its code says what went wrong and whether trying again can help. */

/** Codes that trying again may cure. */
const RETRYABLE = [
  /** The other side is not there (yet). */
  "unavailable",
  /** A wait ended without an answer. */
  "deadline",
  /** The learner's own handler failed; the records stay with the actor. */
  "failed",
  /** Bytes changed on the way; a new connection carries them again. */
  "corrupt",
  /** The other side does not read what it is sent. */
  "stalled",
] as const;

/** Codes that stay true until somebody changes something. */
const FATAL = [
  /** Missing or wrong token, or a client certificate that is not trusted. */
  "unauthenticated",
  /** The two sides speak different protocol versions. */
  "version",
  /** Bytes that are not what the protocol says. */
  "malformed",
  /** A message over the size limit. */
  "too-large",
  /** The learner's handler looked at a record and does not want it. */
  "refused",
  /** Another stream took over this actor session. */
  "superseded",
  /** The outbox holds records of another training run. */
  "wrong-run",
  /** The outbox has no room; the caller waited as long as it wanted to. */
  "outbox-full",
  /** The outbox folder is damaged, locked, or older than what the learner has received. */
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

  /** Whether the same attempt may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return (RETRYABLE as readonly string[]).includes(this.code);
  }
}
