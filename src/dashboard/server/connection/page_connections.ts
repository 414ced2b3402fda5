/**
 * The open page connections. Their number is bounded; when it is reached, a new page replaces the longest idle watcher of
 * the address with the most pages.
 */
import type { WebSocket } from "ws";
import { oldestOfBusiest } from "../../../utils/harden_server.ts";
import { CLOSE_EVICTED, PROTOCOL_VERSION } from "../../limits.ts";
import type { ClientMessage, ServerMessage } from "../../protocol.ts";
import { ClientConnection, type RefusalCounts, serialize } from "./client_connection.ts";
import { personName } from "./person_name.ts";

/** Connections that do not send hello in time are closed. */
const HELLO_TIMEOUT_MS = 5000;
/** Each page costs memory. */
const MAX_PAGES = 32;
/** Connections that have not sent hello yet. */
const MAX_PENDING = 32;
/** A page that does not answer a ping before the next one is disconnected. */
const PING_INTERVAL_MS = 5000;
/** WebSocket close code (RFC 6455, §7.4.1). */
const POLICY_VIOLATION = 1008;

export interface PageConnectionsListener {
  /** The first message and frame for a page. */
  welcome(id: string): { readonly message: ServerMessage; readonly frame: Uint8Array | undefined };
  /** A page has been welcomed. */
  onJoin(id: string, name: string): void;
  /** Never `hello`; only `stop` before the page has joined. */
  onMessage(id: string, page: ClientConnection, message: ClientMessage): void;
  /** A joined page has left. @param code close code of RFC 6455. */
  onLeave(id: string, code: number): void;
  /** Whether the page may be replaced by another. */
  isIdle(id: string): boolean;
  onError(error: unknown): void;
}

interface PageEntry {
  readonly connection: ClientConnection;
  readonly peer: string;
  readonly deadline: NodeJS.Timeout;
}

export class PageConnections {
  readonly refusals: RefusalCounts = { malformedMessages: 0, oversizedMessages: 0, floods: 0, requests: 0 };
  readonly #listener: PageConnectionsListener;
  readonly #pending = new Map<string, PageEntry>();
  /** By id, the longest idle page first. */
  readonly #pages = new Map<string, PageEntry>();
  readonly #pinging: NodeJS.Timeout;
  #nextId = 1;
  #isClosed = false;

  constructor(listener: PageConnectionsListener) {
    this.#listener = listener;
    this.#pinging = setInterval(() => this.#ping(), PING_INTERVAL_MS).unref();
  }

  get size(): number {
    return this.#pages.size;
  }

  /** @param peer the connection's address. */
  admit(socket: WebSocket, peer: string): void {
    const id = `page-${this.#nextId++}`;
    const connection: ClientConnection = new ClientConnection(socket, this.refusals, {
      onMessage: (message) => this.#receive(id, connection, message),
      onClose: (code) => this.#leave(id, code),
      onError: (error) => this.#listener.onError(error),
    });
    const deadline = setTimeout(() => connection.terminate(), HELLO_TIMEOUT_MS).unref();
    this.#pending.set(id, { connection, peer, deadline });
    const { size } = this.#pending;
    if (size > MAX_PENDING) oldestOfBusiest([...this.#pending.values()], peerOf).connection.terminate();
  }

  send(id: string, message: ServerMessage): void {
    this.#pages.get(id)?.connection.send(message);
  }

  /** Sends every page a new welcome message, after a switch to another run. */
  welcomeAll(): void {
    for (const [id, { connection }] of this.#pages) this.#welcome(id, connection);
  }

  broadcast(message: ServerMessage): void {
    if (this.#pages.size > 0) this.broadcastText(serialize(message));
  }

  /** @param text a serialized message. */
  broadcastText(text: string): void {
    for (const { connection } of this.#pages.values()) connection.sendText(text);
  }

  broadcastFrame(frame: Uint8Array): void {
    for (const { connection } of this.#pages.values()) connection.sendFrame(frame);
  }

  /** Closes all connections without notifying the listener. */
  close(code: number, reason: string): void {
    this.#isClosed = true;
    clearInterval(this.#pinging);
    for (const { connection, deadline } of [...this.#pending.values(), ...this.#pages.values()]) {
      clearTimeout(deadline);
      connection.close(code, reason);
    }
    this.#pending.clear();
    this.#pages.clear();
  }

  #receive(id: string, connection: ClientConnection, message: ClientMessage): void {
    const page = this.#pages.get(id);
    if (page === undefined) {
      if (message.type === "hello") this.#join(id, message);
      else if (message.type === "stop") this.#listener.onMessage(id, connection, message);
      else connection.send({ type: "refused", message: "send hello first" });
      return;
    }
    if (message.type === "hello") {
      connection.send({ type: "refused", message: "hello was already sent" });
      return;
    }
    // Not idle: move it to the end.
    this.#pages.delete(id);
    this.#pages.set(id, page);
    this.#listener.onMessage(id, connection, message);
  }

  #join(id: string, { name, protocol }: Extract<ClientMessage, { type: "hello" }>): void {
    const page = this.#pending.get(id);
    if (page === undefined) return;
    clearTimeout(page.deadline);
    this.#pending.delete(id);
    const { connection } = page;
    if (protocol !== PROTOCOL_VERSION) {
      connection.send({ type: "refused", message: "this page is from another version: reload it" });
      connection.close(POLICY_VIOLATION, "another protocol version");
      return;
    }
    this.#evictIdlePage();
    this.#welcome(id, connection);
    this.#pages.set(id, page);
    this.#listener.onJoin(id, personName(name));
  }

  #welcome(id: string, connection: ClientConnection): void {
    const { message, frame } = this.#listener.welcome(id);
    connection.send(message);
    if (frame) connection.sendFrame(frame);
  }

  #evictIdlePage(): void {
    if (this.#pages.size < MAX_PAGES) return;
    const idle = [...this.#pages].filter(([id]) => this.#listener.isIdle(id));
    const [id, { connection }] = oldestOfBusiest(idle, ([, entry]) => entry.peer);
    this.#leave(id, CLOSE_EVICTED);
    connection.close(CLOSE_EVICTED, "replaced by another page");
  }

  #leave(id: string, code: number): void {
    const page = this.#pending.get(id);
    if (page) clearTimeout(page.deadline);
    this.#pending.delete(id);
    if (this.#pages.delete(id) && !this.#isClosed) this.#listener.onLeave(id, code);
  }

  #ping(): void {
    for (const { connection } of [...this.#pages.values(), ...this.#pending.values()]) connection.ping();
  }
}

function peerOf({ peer }: PageEntry): string {
  return peer;
}
