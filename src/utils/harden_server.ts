/**
 * What every HTTP server of ours needs because anybody may knock: no stream error ends the process, nobody holds a
 * connection for ever without a request, and there is always room for one more connection.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { guarded } from "./guarded.ts";

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 15_000;
/** How long an answer may take to be read before its connection is cut. */
const FAREWELL_MS = 1000;
const DEFAULT_MAX_CONNECTIONS = 128;

export interface HardenOptions {
  /** Connections that may be open at once, those that were upgraded not counted. The busiest peer's oldest makes room. */
  readonly maxConnections?: number;
  /** Takes a connection over, which then is no longer counted. Without it nothing is upgraded. */
  readonly onUpgrade?: UpgradeListener;
  /** Told of errors in our own listeners. */
  readonly onError: (error: unknown) => void;
}

export type UpgradeListener = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface HardenedServer {
  /** Ends every connection, those that were upgraded too, and stops listening. */
  close(): Promise<void>;
}

/** To be called before the server listens. */
export function hardenServer(server: Server, options: HardenOptions): HardenedServer {
  const { maxConnections = DEFAULT_MAX_CONNECTIONS, onUpgrade, onError } = options;
  const all = new Set<Socket>();
  /** Those that may have to make room. */
  const open = new Set<Socket>();
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  // Checked this often; Node's own period is 30 s.
  (server as Server & { connectionsCheckingInterval?: number }).connectionsCheckingInterval = 1000;
  server.on("connection", (socket) => {
    // Node's own listener leaves with the upgrade; a reset may come at any time before somebody else listens.
    socket.on("error", () => socket.destroy());
    socket.once("close", () => {
      all.delete(socket);
      open.delete(socket);
    });
    all.add(socket);
    open.add(socket);
    if (open.size > maxConnections) oldestOfBusiest([...open], ({ remoteAddress }) => remoteAddress ?? "").destroy();
  });
  // After it listens: a process that has no more file handles, for example.
  // Whoever tries to listen is told by that attempt.
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

/** Refuses an upgrade; the connection is gone a moment later, whatever the peer does. */
export function turnAway(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
}

/** The oldest of the peer that has the most: who takes all the room makes room. @param all oldest first; at least one. */
export function oldestOfBusiest<T>(all: readonly T[], peerOf: (one: T) => string): T {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(peerOf(one), (counts.get(peerOf(one)) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return all.find((one) => counts.get(peerOf(one)) === most)!;
}
