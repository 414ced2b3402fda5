/** Converts transport errors to gRPC statuses and back. The details start with the code, e.g. "too-large: a message of …". */
import { ClientError, ServerError, Status } from "nice-grpc";
import { isTransportErrorCode, TransportError, type TransportErrorCode } from "../errors.ts";

const STATUS: Readonly<Record<TransportErrorCode, Status>> = {
  unavailable: Status.UNAVAILABLE,
  deadline: Status.DEADLINE_EXCEEDED,
  failed: Status.INTERNAL,
  corrupt: Status.DATA_LOSS,
  stalled: Status.UNAVAILABLE,
  unauthenticated: Status.UNAUTHENTICATED,
  version: Status.FAILED_PRECONDITION,
  malformed: Status.INVALID_ARGUMENT,
  "too-large": Status.RESOURCE_EXHAUSTED,
  refused: Status.INVALID_ARGUMENT,
  superseded: Status.ABORTED,
  "wrong-run": Status.FAILED_PRECONDITION,
  "outbox-full": Status.RESOURCE_EXHAUSTED,
  outbox: Status.DATA_LOSS,
  closed: Status.CANCELLED,
};

/** Statuses of servers without our codes for which a retry does not help. */
const FATAL_STATUS = new Map<Status, TransportErrorCode>([
  [Status.UNAUTHENTICATED, "unauthenticated"],
  [Status.PERMISSION_DENIED, "unauthenticated"],
  [Status.UNIMPLEMENTED, "version"],
  [Status.RESOURCE_EXHAUSTED, "too-large"],
]);

/** Details are sent in an HTTP/2 header, which has its own size limit. */
const MAX_DETAILS = 500;

export function toServerError(error: unknown): ServerError {
  const known = error instanceof TransportError ? error : new TransportError("failed", describe(error));
  return new ServerError(STATUS[known.code], `${known.code}: ${known.message}`.slice(0, MAX_DETAILS));
}

export function fromClientError(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  if (!(error instanceof ClientError)) return new TransportError("unavailable", describe(error), { cause: error });
  const separator = error.details.indexOf(": ");
  const code = error.details.slice(0, separator);
  if (separator > 0 && isTransportErrorCode(code)) {
    return new TransportError(code, error.details.slice(separator + 2), { cause: error });
  }
  return new TransportError(FATAL_STATUS.get(error.code) ?? "unavailable", error.details, { cause: error });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
