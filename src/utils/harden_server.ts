/**
 * Limits for HTTP servers that accept connections from anyone: a stream error does not end the process, an idle connection
 * without a request is closed, and the busiest peer's oldest connection makes room for a new one.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { guarded } from "./guarded.ts";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** Time limit for reading a response; then the connection is cut. */
const CLOSE_GRACE_MS = 1000;
const DEFAULT_MAX_CONNECTIONS = 128;

export interface HardenOptions {
  /** Open connections at most, upgraded ones not counted. The busiest peer's oldest makes room. */
  readonly maxConnections?: number;
  /** Takes over an upgraded connection, which is then no longer counted. Without it every upgrade is refused. */
  readonly onUpgrade?: UpgradeListener;
  /** Called with errors of our own listeners. */
  readonly onError: (error: unknown) => void;
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HardenedServer {
  /** Closes every connection, upgraded ones too, and stops listening. */
  close(): Promise<void>;
}

/** Call before the server listens. */
export function hardenServer(server: Server, options: HardenOptions): HardenedServer {
  const { maxConnections = DEFAULT_MAX_CONNECTIONS, onUpgrade, onError } = options;
  const all = new Set<Socket>();
  /** Connections that may have to make room. */
  const open = new Set<Socket>();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  // Node's own period is 30 s.
  (server as Server & { connectionsCheckingInterval?: number }).connectionsCheckingInterval = 1000;
  server.on("connection", (socket) => {
    // Node removes its own listener at the upgrade; a reset may arrive before another one is attached.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      all.delete(socket);
      open.delete(socket);
    });
    all.add(socket);
    open.add(socket);
    if (open.size > maxConnections) oldestOfBusiest([...open], ({ remoteAddress }) => remoteAddress ?? "").destroy();
  });
  // After listening has begun: for example when file descriptors run out. A failed `listen` reports its own error.
  server.on("error", (error) => server.listening && onError(error));
  if (onUpgrade) {
    const upgrade: UpgradeListener = (request, socket, head) => {
      open.delete(socket as Socket);
      onUpgrade(request, socket, head);
    };
    server.on("upgrade", guarded(upgrade, onError));
  }
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of all) socket.destroy();
      }),
  };
}

/** Refuses an upgrade and closes the connection shortly after, even if the peer does nothing. */
export function turnAway(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), CLOSE_GRACE_MS).unref();
}

/** The oldest connection of the peer with the most. @param all oldest first; at least one. */
export function oldestOfBusiest<T>(all: readonly T[], peerOf: (one: T) => string): T {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(peerOf(one), (counts.get(peerOf(one)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return all.find((one) => counts.get(peerOf(one)) === most)!;
}
