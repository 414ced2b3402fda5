/**
 * Authorises requests. On a loopback address every process of this machine has access; on other addresses the token is
 * required. Pages of other origins are always refused: otherwise any web site could drive the robot through the browser.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

export const TOKEN_COOKIE = "handrail_token";

/** Whether only processes on this machine can reach `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

export interface AccessOptions {
  /** The address the server listens on. */
  readonly host: string;
  /** If given, required of every request. */
  readonly token?: string;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

export class AccessControl {
  readonly #loopback: boolean;
  readonly #token: string | undefined;

  /** @throws Error for a non-loopback address without a token. */
  constructor({ host, token }: AccessOptions) {
    this.#loopback = isLoopback(host);
    if (!this.#loopback && !token) {
      throw new Error(`the dashboard on "${host}" can be reached from other machines: it needs a token`);
    }
    this.#token = token;
  }

  /** @param queryToken from the request's address. @returns undefined if access is granted. */
  check(headers: IncomingHttpHeaders, queryToken?: string): Refusal | undefined {
    const host = headers.host ?? "";
    // DNS rebinding: a foreign name that resolves to this machine would give another site access.
    if (this.#loopback && !isLoopback(hostName(host))) {
      return { status: 403, message: `this dashboard is available as localhost only, not as "${host}"` };
    }
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
      return { status: 403, message: `pages of ${origin} are not allowed to use this dashboard` };
    }
    if (this.#token === undefined) return undefined;
    const given = [queryToken, bearerToken(headers.authorization), cookieToken(headers.cookie)];
    if (given.some((token) => token !== undefined && isSame(token, this.#token!))) return undefined;
    return { status: 401, message: "open the address with ?token=… that was printed when the run was started" };
  }

  accepts(token: string): boolean {
    return this.#token !== undefined && isSame(token, this.#token);
  }
}

/** The host header without its port. */
function hostName(host: string): string {
  return host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}

function bearerToken(authorization: string | undefined): string | undefined {
  return /^Bearer (.+)$/.exec(authorization ?? "")?.[1];
}

function cookieToken(cookies: string | undefined): string | undefined {
  const pairs = (cookies ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([name]) => name === TOKEN_COOKIE)?.[1];
}

/** Compares in constant time. */
function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
