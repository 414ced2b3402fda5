/** Opens the dashboard of a run on an HTTP port. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { INPUT_TIMEOUT_MS, MAX_CLIENT_MESSAGE_BYTES } from "../limits.ts";
import { SceneSchema } from "../protocol.ts";
import { AccessControl, isLoopback, newToken } from "./access.ts";
import type { RefusalCounts } from "./client_connection.ts";
import { ControlRoom } from "./control_room.ts";
import { EpisodeRecordings } from "./episode_recordings.ts";
import { makeHttpApp } from "./http_app.ts";
import type { DashboardRun } from "./run.ts";
import { findWebClient } from "./web_client.ts";

export const DEFAULT_DASHBOARD_PORT = 8765;

export interface DashboardOptions {
  readonly run: DashboardRun;
  /** Address to listen on; 127.0.0.1 by default, which only this machine reaches. */
  readonly host?: string;
  /** 0 takes any free port. The default port falls back to any free one when it is taken. */
  readonly port?: number;
  /** Asked of every page. Beyond loopback one is made up if none is given. */
  readonly token?: string;
  /**
   * Silence after which whoever drives loses control and the robot holds, milliseconds. By default short enough that a
   * dropped connection releases control within 200 ms; a slow link or machine may need more.
   */
  readonly inputTimeoutMs?: number;
  /** The built page; found or built by itself otherwise. */
  readonly webFolder?: string;
}

export interface Dashboard {
  /** What a person opens, with the token where one is needed. */
  readonly url: string;
  readonly port: number;
  /** Requests and messages that were turned away. */
  readonly refusals: Readonly<RefusalCounts>;
  close(): Promise<void>;
}

/** @throws Error when the port is taken or the page is missing. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { run, host = "127.0.0.1", port, inputTimeoutMs = INPUT_TIMEOUT_MS } = options;
  const token = options.token ?? (isLoopback(host) ? undefined : newToken());
  const access = new AccessControl({ host, ...(token !== undefined && { token }) });
  const webFolder = options.webFolder ?? (await findWebClient());
  const recordings = run.folder === undefined ? undefined : await EpisodeRecordings.open(run.folder);
  const scene = run.scene ? SceneSchema.parse(run.scene.description) : ((await recordings?.readScene()) ?? null);
  if (run.scene && recordings && scene) await recordings.writeScene(scene);
  const room = new ControlRoom(run, { scene, recordings, inputTimeoutMs });

  const app = makeHttpApp({ access, webFolder, recordings, onRefused: () => room.refusals.requests++ });
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://dashboard");
    const refusal = access.check(request.headers, url.searchParams.get("token") ?? undefined);
    if (refusal !== undefined || url.pathname !== "/ws") {
      room.refusals.requests++;
      turnAway(socket, refusal?.status ?? 404);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => room.admit(webSocket));
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${address.port}/${token === undefined ? "" : `?token=${token}`}`,
    port: address.port,
    refusals: room.refusals,
    async close() {
      room.close();
      for (const socket of sockets.clients) socket.terminate();
      await recordings?.settle();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function turnAway(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

async function listen(server: Server, host: string, port: number | undefined): Promise<void> {
  const attempt = (number: number) =>
    new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(number, host, () => {
        server.off("error", reject);
        resolve();
      });
    });
  if (port !== undefined) return attempt(port);
  try {
    await attempt(DEFAULT_DASHBOARD_PORT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    await attempt(0);
  }
}
