/**
 * The pages that are open. Their number is bounded, but nobody is locked out by pages that do nothing: whoever comes when
 * all places are taken gets the place of the watcher that has been idle for longest.
 */
import type { WebSocket } from "ws";
import { oldestOfBusiest } from "../../../utils/harden_server.ts";
import { CLOSE_MADE_ROOM, PROTOCOL_VERSION } from "../../limits.ts";
import type { ClientMessage, ServerMessage } from "../../protocol.ts";
import { ClientConnection, type RefusalCounts, serialize } from "./client_connection.ts";
import { personName } from "./person_name.ts";

/** Connections that say nothing are not kept. */
const HELLO_TIMEOUT_MS = 5000;
/** More pages than anybody opens; each costs memory. */
const MAX_PAGES = 32;
/** Connections that have not said hello yet. */
const MAX_STRANGERS = 32;
/** A page that does not answer one ping before the next is gone. */
const PING_INTERVAL_MS = 5000;
/** WebSocket close code (RFC 6455, §7.4.1). */
const POLICY_VIOLATION = 1008;

export interface AudienceListener {
  /** The first thing that a page is sent. */
  welcome(id: string): { readonly message: ServerMessage; readonly frame: Uint8Array | undefined };
  /** A page that has been welcomed. */
  onJoin(id: string, name: string): void;
  /** Never `hello`. Strangers send `stop` only. */
  onMessage(id: string, page: ClientConnection, message: ClientMessage): void;
  /** A page that had joined has left. @param code as RFC 6455 numbers it. */
  onLeave(id: string, code: number): void;
  /** Whether a page's place may be given to another. */
  isIdle(id: string): boolean;
  onError(error: unknown): void;
}

interface Visitor {
  readonly connection: ClientConnection;
  readonly peer: string;
  readonly deadline: NodeJS.Timeout;
}

export class Audience {
  readonly refusals: RefusalCounts = { malformedMessages: 0, oversizedMessages: 0, floods: 0, requests: 0 };
  readonly #listener: AudienceListener;
  readonly #strangers = new Map<string, Visitor>();
  /** The one that has been idle for longest comes first. */
  readonly #pages = new Map<string, Visitor>();
  readonly #pinging: NodeJS.Timeout;
  #nextId = 1;
  #isClosed = false;

  constructor(listener: AudienceListener) {
    this.#listener = listener;
    this.#pinging = setInterval(() => this.#ping(), PING_INTERVAL_MS).unref();
  }

  get size(): number {
    return this.#pages.size;
  }

  /** @param peer the address it comes from. */
  admit(socket: WebSocket, peer: string): void {
    const id = `page-${this.#nextId++}`;
    const connection: ClientConnection = new ClientConnection(socket, this.refusals, {
      onMessage: (message) => this.#hear(id, connection, message),
      onClose: (code) => this.#leave(id, code),
      onError: (error) => this.#listener.onError(error),
    });
    const deadline = setTimeout(() => connection.terminate(), HELLO_TIMEOUT_MS).unref();
    this.#strangers.set(id, { connection, peer, deadline });
    const { size } = this.#strangers;
    if (size > MAX_STRANGERS) oldestOfBusiest([...this.#strangers.values()], peerOf).connection.terminate();
  }

  send(id: string, message: ServerMessage): void {
    this.#pages.get(id)?.connection.send(message);
  }

  /** Everybody is welcomed again: what they look at has become something else. */
  welcomeAgain(): void {
    for (const [id, { connection }] of this.#pages) this.#welcome(id, connection);
  }

  broadcast(message: ServerMessage): void {
    if (this.#pages.size > 0) this.broadcastText(serialize(message));
  }

  /** A message that was serialized before. */
  broadcastText(text: string): void {
    for (const { connection } of this.#pages.values()) connection.sendText(text);
  }

  broadcastFrame(frame: Uint8Array): void {
    for (const { connection } of this.#pages.values()) connection.sendFrame(frame);
  }

  /** Everybody leaves; the listener is not told. */
  close(code: number, reason: string): void {
    this.#isClosed = true;
    clearInterval(this.#pinging);
    for (const { connection, deadline } of [...this.#strangers.values(), ...this.#pages.values()]) {
      clearTimeout(deadline);
      connection.close(code, reason);
    }
    this.#strangers.clear();
    this.#pages.clear();
  }

  #hear(id: string, connection: ClientConnection, message: ClientMessage): void {
    const page = this.#pages.get(id);
    if (page === undefined) {
      if (message.type === "hello") this.#join(id, message);
      else if (message.type === "stop") this.#listener.onMessage(id, connection, message);
      else connection.send({ type: "refused", message: "say hello first" });
      return;
    }
    if (message.type === "hello") {
      connection.send({ type: "refused", message: "you said hello before" });
      return;
    }
    // Not idle: it goes to the end of the line.
    this.#pages.delete(id);
    this.#pages.set(id, page);
    this.#listener.onMessage(id, connection, message);
  }

  #join(id: string, { name, protocol }: Extract<ClientMessage, { type: "hello" }>): void {
    const stranger = this.#strangers.get(id);
    if (stranger === undefined) return;
    clearTimeout(stranger.deadline);
    this.#strangers.delete(id);
    const { connection } = stranger;
    if (protocol !== PROTOCOL_VERSION) {
      connection.send({ type: "refused", message: "this page is of another version: reload it" });
      connection.close(POLICY_VIOLATION, "another protocol version");
      return;
    }
    this.#makeRoom();
    this.#welcome(id, connection);
    this.#pages.set(id, stranger);
    this.#listener.onJoin(id, personName(name));
  }

  #welcome(id: string, connection: ClientConnection): void {
    const { message, frame } = this.#listener.welcome(id);
    connection.send(message);
    if (frame) connection.sendFrame(frame);
  }

  #makeRoom(): void {
    if (this.#pages.size < MAX_PAGES) return;
    const idle = [...this.#pages].filter(([id]) => this.#listener.isIdle(id));
    const [id, { connection }] = oldestOfBusiest(idle, ([, visitor]) => visitor.peer);
    this.#leave(id, CLOSE_MADE_ROOM);
    connection.close(CLOSE_MADE_ROOM, "another page needed the place");
  }

  #leave(id: string, code: number): void {
    const stranger = this.#strangers.get(id);
    if (stranger) clearTimeout(stranger.deadline);
    this.#strangers.delete(id);
    if (this.#pages.delete(id) && !this.#isClosed) this.#listener.onLeave(id, code);
  }

  #ping(): void {
    for (const { connection } of [...this.#pages.values(), ...this.#strangers.values()]) connection.ping();
  }
}

function peerOf({ peer }: Visitor): string {
  return peer;
}
