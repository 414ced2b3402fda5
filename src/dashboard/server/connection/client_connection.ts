/**
 * One page's WebSocket with its limits: what is too large, malformed or too frequent is counted and refused, and a slow
 * page misses frames rather than making the run wait.
 */
import type { WebSocket } from "ws";
import { z } from "zod";
import { guarded } from "../../../utils/guarded.ts";
import { type Rate, TokenBucket } from "../../../utils/token_bucket.ts";
import { type ClientMessage, ClientMessageSchema, type ServerMessage } from "../../protocol.ts";

/** Malformed messages after which a page is disconnected. */
const MAX_REFUSED = 10;
/** A page sends 25 messages per second while it drives. */
const MAX_MESSAGES_PER_S = 200;
/** Requests (everything but signs of life and stops) that a page may make at once, and how many a second over time. */
const REQUESTS: Rate = { burst: 40, perSecond: 10 };
/** Frames (poses, images) are left out while so many bytes wait to be sent. */
const FRAME_BACKLOG_BYTES = 256 * 1024;
/** A page that reads nothing any more is given up. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
/** WebSocket close codes (RFC 6455, §7.4.1). */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** What was refused since the dashboard was started. */
export interface RefusalCounts {
  malformedMessages: number;
  oversizedMessages: number;
  floods: number;
  requests: number;
}

/** As JSON. Numbers that are not finite are written as text, which the schemas of events read. */
export function serialize(message: ServerMessage): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

export interface ConnectionListener {
  onMessage(message: ClientMessage): void;
  /** @param code why, as RFC 6455 numbers it. */
  onClose(code: number): void;
  /** One of these listeners failed. */
  onError(error: unknown): void;
}

export class ClientConnection {
  readonly #socket: WebSocket;
  readonly #counts: RefusalCounts;
  #refused = 0;
  #windowStartMs = 0;
  #messagesInWindow = 0;
  readonly #requests = new TokenBucket(REQUESTS);
  #answersPings = true;

  constructor(socket: WebSocket, counts: RefusalCounts, listener: ConnectionListener) {
    this.#socket = socket;
    this.#counts = counts;
    const { onError } = listener;
    const hear = (data: unknown, isBinary: boolean) => {
      if (this.#floods()) return;
      const message = isBinary ? undefined : this.#parse(String(data));
      if (isBinary) this.#refuse("pages send text only");
      if (message !== undefined && this.#admits(message)) listener.onMessage(message);
    };
    socket.on("message", guarded(hear, onError));
    socket.on("error", (error: Error & { readonly code?: string }) => {
      if (error.code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") counts.oversizedMessages++;
    });
    socket.on("pong", () => {
      this.#answersPings = true;
    });
    socket.on(
      "close",
      guarded((code: number) => listener.onClose(code), onError),
    );
  }

  /** To be called every few seconds: whoever did not answer the last time is gone, or reads nothing any more. */
  ping(): void {
    if (!this.#answersPings) this.terminate();
    this.#answersPings = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** At once, without a farewell. */
  terminate(): void {
    this.#socket.terminate();
  }

  send(message: ServerMessage): void {
    this.sendText(serialize(message));
  }

  /** A message that was turned into text once, for many pages. */
  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BACKLOG_BYTES) this.close(TRY_AGAIN_LATER, "this page does not keep up");
    else this.#socket.send(text);
  }

  /** Poses or an image; left out when the page is behind. */
  sendFrame(bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount <= FRAME_BACKLOG_BYTES) this.#socket.send(bytes);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // A page that doesn't answer the farewell is cut off.
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }

  #parse(text: string): ClientMessage | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      this.#refuse("this message is not JSON");
      return undefined;
    }
    const parsed = ClientMessageSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    this.#refuse(z.prettifyError(parsed.error));
    return undefined;
  }

  #refuse(message: string): void {
    this.#counts.malformedMessages++;
    this.send({ type: "refused", message });
    if (++this.#refused >= MAX_REFUSED) this.close(POLICY_VIOLATION, "too many malformed messages");
  }

  /** Whatever a page has done is written down or passed on: it may not do so without end. */
  #admits({ type }: ClientMessage): boolean {
    if (type === "input" || type === "stop") return true;
    if (this.#requests.tryTake()) return true;
    this.send({ type: "refused", message: "Too many requests: wait a moment." });
    return false;
  }

  #floods(): boolean {
    const now = performance.now();
    if (now - this.#windowStartMs >= 1000) {
      this.#windowStartMs = now;
      this.#messagesInWindow = 0;
    }
    if (++this.#messagesInWindow <= MAX_MESSAGES_PER_S) return false;
    if (this.#messagesInWindow === MAX_MESSAGES_PER_S + 1) {
      this.#counts.floods++;
      this.close(POLICY_VIOLATION, "too many messages");
    }
    return true;
  }
}
