/**
 * One page's WebSocket and its limits. Messages that are too large, malformed or too frequent are counted and refused. A
 * slow page misses frames; the run never waits for it.
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
/** Rate limit of requests: all messages except inputs and stops. */
const REQUESTS: Rate = { burst: 40, perSecond: 10 };
/** Frames (poses, images) are skipped while more bytes than this are queued. */
const FRAME_BACKLOG_BYTES = 256 * 1024;
/** A page with more queued bytes is disconnected. */
const MAX_BACKLOG_BYTES = 16 * 1024 * 1024;
/** WebSocket close codes (RFC 6455, §7.4.1). */
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

/** Refusals since the dashboard was started. */
export interface RefusalCounts {
  malformedMessages: number;
  oversizedMessages: number;
  floods: number;
  requests: number;
}

/** JSON, with non-finite numbers as strings, which the event schemas accept. */
export function serialize(message: ServerMessage): string {
  return JSON.stringify(message, (_, value: unknown) =>
    typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
  );
}

export interface ConnectionListener {
  onMessage(message: ClientMessage): void;
  /** @param code close code of RFC 6455. */
  onClose(code: number): void;
  /** A listener threw or rejected. */
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
    const receive = (data: unknown, isBinary: boolean) => {
      if (this.#isFlooding()) return;
      const message = isBinary ? undefined : this.#parse(String(data));
      if (isBinary) this.#refuse("only text messages are accepted");
      if (message !== undefined && this.#isAllowed(message)) listener.onMessage(message);
    };
    socket.on("message", guarded(receive, onError));
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

  /** Call it every few seconds. Disconnects a page that did not answer the last ping. */
  ping(): void {
    if (!this.#answersPings) this.terminate();
    this.#answersPings = false;
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Closes immediately, without a close frame. */
  terminate(): void {
    this.#socket.terminate();
  }

  send(message: ServerMessage): void {
    this.sendText(serialize(message));
  }

  /** @param text a serialized message. */
  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BACKLOG_BYTES) this.close(TRY_AGAIN_LATER, "this page is too slow");
    else this.#socket.send(text);
  }

  /** Sends poses or an image, unless the page is behind. */
  sendFrame(bytes: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount <= FRAME_BACKLOG_BYTES) this.#socket.send(bytes);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // For a page that does not answer the close frame.
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

  /** Requests are logged or passed to the run: their rate is limited. */
  #isAllowed({ type }: ClientMessage): boolean {
    if (type === "input" || type === "stop") return true;
    if (this.#requests.tryTake()) return true;
    this.send({ type: "refused", message: "Too many requests: wait a moment." });
    return false;
  }

  #isFlooding(): boolean {
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
