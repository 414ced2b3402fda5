/** Constants and checks shared by both sides of the wire. */
import { nameFault } from "../utils/text/name_fault.ts";
import { TransportError } from "./errors.ts";

/** Sent in the handshake and at the start of every stream; incremented when the wire format changes. */
export const PROTOCOL_VERSION = 1;

/** A batch never holds more records than this, whatever the settings: it bounds the memory of decoding. */
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

/** A session's name that is safe for the log and the terminal; a refused name is not repeated. */
export function shownSession(session: string): string {
  return nameFault(session, MAX_SESSION_CHARACTERS) === undefined ? session : "an unnamed session";
}

/** Names are checkpoint keys and appear in logs. @throws TransportError `malformed`, without the name in it. */
export function checkSession(session: string): void {
  const fault = nameFault(session, MAX_SESSION_CHARACTERS);
  if (fault !== undefined) throw new TransportError("malformed", `a session name ${fault}`);
}
