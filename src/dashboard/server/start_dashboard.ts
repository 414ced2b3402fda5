/** Starts the dashboard's HTTP server for a run. */
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { hardenServer, turnAway } from "../../utils/harden_server.ts";
import { ListenError, namingSettings } from "../../utils/listen_error.ts";
import { INPUT_TIMEOUT_MS, MAX_CLIENT_MESSAGE_BYTES } from "../limits.ts";
import { SceneSchema } from "../protocol.ts";
import { AccessControl, isLoopback, newToken } from "./connection/access.ts";
import type { RefusalCounts } from "./connection/client_connection.ts";
import { makeHttpApp } from "./connection/http_app.ts";
import { findWebClient } from "./connection/web_client.ts";
import { DashboardSession, type RunAssets } from "./dashboard_session.ts";
import { EpisodeRecordings } from "./episodes/episode_recordings.ts";
import type { DashboardRun } from "./runs/run.ts";

export const DEFAULT_DASHBOARD_PORT = 8765;

export interface DashboardOptions {
  readonly run: DashboardRun;
  /** Address to listen on. Default: 127.0.0.1, which only this machine reaches. */
  readonly host?: string;
  /** 0 chooses a free port. Default: 8765, or a free port if that is taken. */
  readonly port?: number;
  /** Required of every page. Default beyond loopback: generated. */
  readonly token?: string;
  /**
   * Silence after which a page loses control and the robot holds, milliseconds. The default releases control within 200 ms
   * of a dropped connection; a slow link or machine may need more.
   */
  readonly inputTimeoutMs?: number;
  /** Folder of the built page. Default: the package's, built first in a checkout. */
  readonly webFolder?: string;
}

export interface Dashboard {
  /** Address to open, with the token if one is required. */
  readonly url: string;
  readonly port: number;
  /** Counts of refused requests and messages. */
  readonly refusals: Readonly<RefusalCounts>;
  /** Switches to this run, also in the pages that are open. */
  switchTo(run: DashboardRun): Promise<void>;
  close(): Promise<void>;
}

/** @throws Error if the port is taken or the page is missing. */
export async function startDashboard(options: DashboardOptions): Promise<Dashboard> {
  const { run, host = "127.0.0.1", port, inputTimeoutMs = INPUT_TIMEOUT_MS } = options;
  const token = options.token ?? (isLoopback(host) ? undefined : newToken());
  const access = new AccessControl({ host, ...(token !== undefined && { token }) });
  const webFolder = options.webFolder ?? (await findWebClient());
  let shown = { run, ...(await loadRunAssets(run)) };
  const session = new DashboardSession(run, { ...shown, inputTimeoutMs });

  const app = makeHttpApp({
    access,
    webFolder,
    recordings: () => shown.run.episodes ?? shown.recordings,
    onStop: (name) => session.stopOverHttp(name),
    onGoodbye: (client) => session.goodbyeOverHttp(client),
    onRefused: () => session.refusals.requests++,
    onError: (error) => session.onError(error),
  });
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_CLIENT_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  sockets.on("wsClientError", () => session.refusals.requests++);
  const hardened = hardenServer(server, {
    onUpgrade(request, socket, head) {
      const [path, query] = (request.url ?? "").split("?", 2);
      const refusal = access.check(request.headers, new URLSearchParams(query).get("token") ?? undefined);
      if (refusal !== undefined || path !== "/ws") {
        session.refusals.requests++;
        turnAway(socket, refusal?.status ?? 404);
        return;
      }
      const peer = request.socket.remoteAddress ?? "";
      sockets.handleUpgrade(request, socket, head, (webSocket) => session.admit(webSocket, peer));
    },
    onError: (error) => session.onError(error),
  });
  await listen(server, host, port);
  const address = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return {
    url: `http://${name}:${address.port}/${token === undefined ? "" : `?token=${token}`}`,
    port: address.port,
    refusals: session.refusals,
    async switchTo(next) {
      const { recordings } = shown;
      shown = { run: next, ...(await loadRunAssets(next)) };
      session.switchTo(next, shown);
      await recordings?.settle();
    },
    async close() {
      session.close();
      for (const socket of sockets.clients) socket.terminate();
      await shown.recordings?.settle();
      await hardened.close();
    },
  };
}

async function loadRunAssets(run: DashboardRun): Promise<RunAssets> {
  const recordings = run.folder === undefined ? undefined : await EpisodeRecordings.open(run.folder);
  const scene = run.scene ? SceneSchema.parse(run.scene.description) : ((await recordings?.readScene()) ?? null);
  if (run.scene && recordings && scene) await recordings.writeScene(scene);
  return { scene, recordings };
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
  const fail = (number: number) => (cause: NodeJS.ErrnoException) =>
    namingSettings({ port: "--dashboard.port", host: "--dashboard.host" })(new ListenError(host, number, cause));
  if (port !== undefined) return attempt(port).catch(fail(port));
  try {
    await attempt(DEFAULT_DASHBOARD_PORT);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") fail(DEFAULT_DASHBOARD_PORT)(error as Error);
    await attempt(0);
  }
}
