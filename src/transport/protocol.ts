/** What both sides of the wire must agree on. */
import { TransportError } from "./errors.ts";

/** Spoken in the handshake and at the start of every stream; bumped when the wire changes. */
export const PROTOCOL_VERSION = 1;

/** A batch never holds more records than this, whatever the settings say: it bounds what decoding may allocate. */
export const MAX_BATCH_RECORDS = 1024;

const MAX_SESSION_CHARACTERS = 128;

/** @throws TransportError `version`. */
export function checkProtocolVersion(theirs: number, who: "actor" | "learner"): void {
  if (theirs === PROTOCOL_VERSION) return;
  throw new TransportError(
    "version",
    `the ${who} speaks protocol version ${theirs}, this side ${PROTOCOL_VERSION}: run the same Handrail release on both`,
  );
}

/** @throws TransportError `malformed`. */
export function checkSession(session: string): void {
  if (session.length >= 1 && session.length <= MAX_SESSION_CHARACTERS) return;
  throw new TransportError("malformed", `a session name has 1 to ${MAX_SESSION_CHARACTERS} characters`);
}
