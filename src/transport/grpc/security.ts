/** Authentication and encryption: a shared token, TLS, mutual TLS. */
import { createHash, timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { TransportError } from "../errors.ts";

/** PEM texts (not paths). */
export interface TlsOptions {
  /** Trusted authority: for an actor the learner's, for a learner its actors' (mutual TLS). */
  readonly certificateAuthority?: string;
  /** This side's certificate chain and key; an actor needs them only for mutual TLS. */
  readonly certificate?: string;
  readonly key?: string;
  /** For an actor: the name in the learner's certificate, if it differs from the host. */
  readonly serverName?: string;
}

const MIN_TOKEN_CHARACTERS = 16;
/** Bearer tokens are sent in an HTTP/2 header: visible ASCII. */
const TOKEN_PATTERN = /^[\x21-\x7e]+$/;

/** Whether an address is reachable only from this machine. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

/** @throws RangeError for a token that is too short or has characters a header cannot carry. */
export function checkToken(token: string): void {
  if (token.length >= MIN_TOKEN_CHARACTERS && TOKEN_PATTERN.test(token)) return;
  throw new RangeError(
    `a transport token has at least ${MIN_TOKEN_CHARACTERS} visible ASCII characters; make one with: openssl rand -hex 32`,
  );
}

/** @throws Error if a learner would serve any host that can reach it. */
export function requireTokenBeyondLoopback(host: string, token: string | undefined): void {
  if (isLoopback(host) || token !== undefined) return;
  throw new Error(
    `refusing to listen on ${host} without a token: any host on that network could feed the learner. ` +
      "Set `token` on the learner and on every actor, or listen on 127.0.0.1",
  );
}

/** Compares an authorization header with the token, in constant time. */
export function checkAuthorization(header: string | undefined, token: string | undefined): void {
  if (token === undefined) return;
  if (header === undefined) throw new TransportError("unauthenticated", "this learner requires a token");
  const digest = (text: string) => createHash("sha256").update(text).digest();
  if (!timingSafeEqual(digest(header), digest(`Bearer ${token}`))) {
    throw new TransportError("unauthenticated", "wrong token");
  }
}
